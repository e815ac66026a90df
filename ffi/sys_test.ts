// SPDX-License-Identifier: MIT

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { libraryPath } from "./library_path.ts";
import { openSys, SysError } from "./sys.ts";

const directory = libraryPath("").replace(/\/$/, "");

// Outside the tests: a library that a test loads counts as leaked, and ours are never closed.
const sys = openSys();

/** Runs a body with a directory of its own. */
async function inDirectory(body: (directory: string) => Promise<void> | void): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "aziot" });
  try {
    await body(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** What a program prints that opens the library with these permissions. */
async function run(source: string, env: Record<string, string> = {}): Promise<string> {
  const module = new URL("./sys.ts", import.meta.url).href;
  const program = `import { openSys } from "${module}";\n${source}`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--allow-env=AZIOT_LIB_DIR"],
      `--allow-ffi=${directory}/libaziot_sys.so`,
      `data:text/javascript,${encodeURIComponent(program)}`,
    ],
    env: { ...env, AZIOT_LIB_DIR: directory, NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** The errno of a call that must fail, and its message. */
function failure(call: () => unknown): { errno: number; message: string } {
  try {
    call();
  } catch (error) {
    if (error instanceof SysError) return { errno: error.errno, message: error.message };
    throw error;
  }
  throw new Error("the call succeeded");
}

Deno.test("a user's ids, groups and a group's id are found by name, and the name by its id", async () => {
  const own = (await Deno.readTextFile("/etc/passwd")).split("\n").map((line) => line.split(":"));
  const [name = "", , uid, gid] = own[0] ?? [];
  deepEqual(sys.userIds(name), { uid: Number(uid), gid: Number(gid) });
  equal(sys.userName(Number(uid)), name);
  ok(sys.groupList(name)?.includes(Number(gid)));
  const [group = "", , id] = (await Deno.readTextFile("/etc/group")).split(":");
  equal(sys.groupId(group), parseInt(id ?? ""));
});

Deno.test("a user or group that does not exist is no error", () => {
  equal(sys.userIds("nobody-of-this-name"), undefined);
  equal(sys.userName(4_000_000_000), undefined);
  equal(sys.groupId("nobody-of-this-name"), undefined);
  equal(sys.groupList("nobody-of-this-name"), undefined);
});

Deno.test("names with a NUL or without a character are refused", () => {
  equal(failure(() => sys.userIds("root\0x")).errno, 22);
  equal(failure(() => sys.userIds("")).errno, 22);
  equal(failure(() => sys.unixListen("/tmp/a\0b", 0o600, 1)).errno, 22);
});

Deno.test("files of the kernel are read whole, and those that are missing are no error", () => {
  match(sys.readInfo("boot-id") ?? "", /^[0-9a-f-]{36}\n$/);
  match(sys.readInfo("mounts") ?? "", / \/proc proc /);
  match(sys.readInfo("partitions") ?? "", /^major minor/);
  for (const which of ["product-name", "system-vendor"] as const) {
    const text = sys.readInfo(which);
    ok(text === undefined || text.endsWith("\n"));
  }
});

Deno.test("a path that cannot be listened on is named with the system's reason", async () => {
  await inDirectory(async (directory) => {
    const absent = failure(() => sys.unixListen(`${directory}/a/b.sock`, 0o600, 1));
    equal(absent.message, `cannot listen on ${directory}/a/b.sock: No such file or directory`);
    equal(absent.errno, 2);
    await Deno.writeTextFile(`${directory}/file`, "kept");
    equal(failure(() => sys.unixListen(`${directory}/file`, 0o600, 1)).errno, 88);
    equal(await Deno.readTextFile(`${directory}/file`), "kept");
    equal(failure(() => sys.unixListen(`/tmp/${"x".repeat(103)}`, 0o600, 1)).errno, 36);
    equal(failure(() => sys.unixListen(`${directory}/s`, 0o1600, 1)).errno, 22);
    equal(failure(() => sys.unixListen(`${directory}/s`, 0o600, 0)).errno, 22);
  });
});

Deno.test("connecting to nobody fails with the system's reason", async () => {
  await inDirectory(async (directory) => {
    equal(failure(() => sys.unixConnect(`${directory}/none`)).errno, 2);
    await Deno.writeTextFile(`${directory}/file`, "");
    const refused = failure(() => sys.unixConnect(`${directory}/file`));
    equal(refused.message, `cannot connect to ${directory}/file: Connection refused`);
  });
});

Deno.test("opening gives up the permission to open the library again", async () => {
  const source = `openSys();
    try { openSys(); } catch (error) { console.log(error.name); }`;
  equal(await run(source), "NotCapable\n");
});

Deno.test("a hardened process goes on running", async () => {
  equal(await run(`openSys().harden(); console.log("running");`), "running\n");
});

Deno.test("a process that gives memory back goes on running", async () => {
  equal(await run(`openSys().releaseMemory(); console.log("running");`), "running\n");
});

Deno.test("the service manager is told, by path and by abstract name", async () => {
  await inDirectory(async (directory) => {
    const source = `console.log(openSys().notify("READY=1"));`;
    const receiver = `${directory}/receive`;
    equal(await run(source), "false\n");
    for (const name of [receiver, `@aziot-test-${crypto.randomUUID()}`]) {
      const child = new Deno.Command(`${libraryPath("tests/sys_receive")}`, {
        args: [name],
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      equal((await reader.read()).value, "bound\n");
      equal(await run(source, { NOTIFY_SOCKET: name }), "true\n");
      equal((await reader.read()).value, "READY=1\n");
      await reader.cancel();
      equal((await child.status).code, 0);
    }
    match(await run(source, { NOTIFY_SOCKET: `${directory}/gone` }), /SysError.*No such file/);
    match(await run(source, { NOTIFY_SOCKET: "vsock:2:1" }), /SysError.*Invalid argument/);
  });
});

Deno.test("an unknown file of the kernel cannot be named", () => {
  throws(() => sys.readInfo("/etc/shadow" as "boot-id"), TypeError);
});

for (const build of [directory, `${directory}-asan`]) {
  const how = build.endsWith("-asan") ? " under the sanitizers" : "";
  Deno.test(`the rules of unix sockets, accounts and files hold${how}`, async () => {
    await inDirectory(async (cwd) => {
      const { code, stderr } = await new Deno.Command(`${build}/tests/sys_cases`, { cwd }).output();
      deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    });
  });
}
