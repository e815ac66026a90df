// SPDX-License-Identifier: MIT

/** The few things of the operating system that Deno does not offer to a scoped program. */

import { libraryPath } from "./library_path.ts";

/** A call that the operating system refused. */
export class SysError extends Error {
  /** Always `SysError`. */
  override readonly name = "SysError";
  /** The number of the error, such as 13 for EACCES. */
  readonly errno: number;

  /** `text` is the operating system's own for `errno`. */
  constructor(what: string, errno: number, text: string) {
    super(`${what}: ${text}`);
    this.errno = errno;
  }
}

/** A file of the kernel: DMI product and vendor, boot id, mounts (fstab(5)), block devices. */
export type Info = "product-name" | "system-vendor" | "boot-id" | "mounts" | "partitions";

/** The numbers of ffi/sys/aziot-sys.h. */
const INFOS: Record<Info, number> = {
  "product-name": 0,
  "system-vendor": 1,
  "boot-id": 2,
  "mounts": 3,
  "partitions": 4,
};

/** The functions of `libaziot_sys.so`. All throw {@link SysError} when the system refuses. */
export interface Sys {
  /**
   * Binds and listens on a unix stream socket; a socket that is at `path` is replaced, anything
   * else there is an error. Its file has exactly the permission bits `mode`, at no moment more.
   * The result is the descriptor, close-on-exec.
   */
  unixListen(path: string, mode: number, backlog: number): number;
  /** Connects to a unix stream socket; the result is its descriptor, non-blocking. */
  unixConnect(path: string): number;
  /** No dumps, tracing or reading of this process by others, no privileges gained by exec. */
  harden(): void;
  /** Gives memory that C code has freed back to the system: worth it after a start. */
  releaseMemory(): void;
  /** Ids of a user, `undefined` when there is none of that name. */
  userIds(name: string): { uid: number; gid: number } | undefined;
  /** Name of a user, `undefined` when there is none of that id. */
  userName(uid: number): string | undefined;
  /** Id of a group, `undefined` when there is none of that name. */
  groupId(name: string): number | undefined;
  /** Ids of all groups a user is in, `undefined` when there is no such user. */
  groupList(name: string): number[] | undefined;
  /** The text of a file of the kernel, `undefined` when this machine does not have it. */
  readInfo(which: Info): string | undefined;
  /** Tells the service manager, such as `READY=1`; false when there is none that listens. */
  notify(text: string): boolean;
}

const ENOENT = 2;
const EINVAL = 22;

/**
 * Opens the library and gives up the permission to open that file again. Throws when the library
 * is not there or may not be opened.
 */
export function openSys(): Sys {
  const path = libraryPath("libaziot_sys.so");
  const { symbols } = Deno.dlopen(path, {
    aziot_sys_unix_listen: { parameters: ["buffer", "u32", "i32"], result: "i32" },
    aziot_sys_unix_connect: { parameters: ["buffer"], result: "i32" },
    aziot_sys_release_memory: { parameters: [], result: "i32" },
    aziot_sys_harden: { parameters: [], result: "i32" },
    aziot_sys_user_ids: { parameters: ["buffer", "buffer"], result: "i32" },
    aziot_sys_user_name: { parameters: ["u32", "buffer", "u32"], result: "i32" },
    aziot_sys_group_id: { parameters: ["buffer", "buffer"], result: "i32" },
    aziot_sys_group_list: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
    aziot_sys_read_info: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    aziot_sys_notify: { parameters: ["buffer", "u32"], result: "i32" },
    aziot_sys_error_text: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  });
  Deno.permissions.revokeSync({ name: "ffi", path });

  /** A result that is not an error. */
  function checked(what: string, result: number): number {
    if (result >= 0) return result;
    const text = new Uint8Array(128);
    const length = symbols.aziot_sys_error_text(-result, text, text.length);
    throw new SysError(what, -result, new TextDecoder().decode(text.subarray(0, length)));
  }

  /** The same for look-ups, where "not there" is an answer. */
  function found(what: string, result: number): boolean {
    return result !== -ENOENT && checked(what, result) >= 0;
  }

  /** What `read` writes, however long it is: it returns the length that there was. */
  function whole(what: string, read: (out: Uint8Array<ArrayBuffer>) => number) {
    for (let size = 4096;;) {
      const bytes = new Uint8Array(size);
      const length = read(bytes);
      if (!found(what, length)) return undefined;
      if (length <= size) return bytes.subarray(0, length);
      size = length * 2;
    }
  }

  return {
    unixListen(socket, mode, backlog) {
      const result = symbols.aziot_sys_unix_listen(text(socket), mode, backlog);
      return checked(`cannot listen on ${socket}`, result);
    },
    unixConnect(socket) {
      const result = symbols.aziot_sys_unix_connect(text(socket));
      return checked(`cannot connect to ${socket}`, result);
    },
    harden: () => void checked("cannot harden the process", symbols.aziot_sys_harden()),
    releaseMemory: () => void symbols.aziot_sys_release_memory(),
    userIds(name) {
      const ids = new Uint32Array(2);
      const result = symbols.aziot_sys_user_ids(text(name), ids);
      if (!found(`cannot look up user ${name}`, result)) return undefined;
      const [uid = 0, gid = 0] = ids;
      return { uid, gid };
    },
    userName(uid) {
      const bytes = whole(
        `cannot look up user ${uid}`,
        (out) => symbols.aziot_sys_user_name(uid, out, out.length),
      );
      return bytes && new TextDecoder().decode(bytes);
    },
    groupId(name) {
      const id = new Uint32Array(1);
      const result = symbols.aziot_sys_group_id(text(name), id);
      return found(`cannot look up group ${name}`, result) ? id[0] : undefined;
    },
    groupList(name) {
      const bytes = whole(`cannot look up the groups of ${name}`, (out) => {
        const count = symbols.aziot_sys_group_list(text(name), out, out.length / 4);
        return count < 0 ? count : count * 4;
      });
      return bytes && Array.from(new Uint32Array(bytes.buffer, 0, bytes.length / 4));
    },
    readInfo(which) {
      const bytes = whole(
        `cannot read ${which}`,
        (out) => symbols.aziot_sys_read_info(INFOS[which], out, out.length),
      );
      return bytes && new TextDecoder().decode(bytes);
    },
    notify(message) {
      const bytes = new TextEncoder().encode(message);
      return checked(
        "cannot notify the service manager",
        symbols.aziot_sys_notify(bytes, bytes.length),
      ) === 1;
    },
  };
}

/** NUL-terminated UTF-8 for C. */
function text(value: string): Uint8Array<ArrayBuffer> {
  if (value.includes("\0")) {
    throw new SysError(JSON.stringify(value), EINVAL, "contains a NUL character");
  }
  return new TextEncoder().encode(`${value}\0`);
}
