// SPDX-License-Identifier: MIT

/** Starts what is measured and stops it. */

import { program } from "../../packaging/manifest.ts";
import { type Launch, launch, libraryDirectory } from "../../scripts/run.ts";

/** A running process that answers on a unix socket. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly socket: string;
}

const here = new URL(".", import.meta.url).pathname;
/** All with the same heap as the daemons have. */
const v8Flags = `--v8-flags=${program("keyd").v8Flags.join(",")}`;

/** `Deno.serve` on a path with a fixed answer. */
export function startBare(socket: string, answer: string): Promise<Server> {
  const args = ["run", "-A", "--no-check", v8Flags, `${here}bare.ts`, socket, answer];
  return started(new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn(), socket);
}

/** The product's HTTP layer with a fixed answer, below the adapter. */
export function startFloor(socket: string, answer: string): Promise<Server> {
  const lib = libraryDirectory();
  const child = new Deno.Command(`${lib}/activate`, {
    args: [
      ...[`floor=${socket}:0600`, "--", "/usr/bin/env", `LD_PRELOAD=${lib}/libaziot_serve.so`],
      ...[Deno.execPath(), "run", "-A", "--no-check", "--unstable-no-legacy-abort", v8Flags],
      ...[`${here}floor.ts`, answer],
    ],
    env: { AZIOT_LIB_DIR: lib },
    stdin: "null",
  }).spawn();
  return started(child, socket);
}

/**
 * A daemon of the product, with the permissions of the manifest, on a socket passed to it.
 * `isLogRead`: its log goes through a pipe to nobody, as the journal would read it.
 */
export function startDaemon(
  what: Launch,
  socket: string,
  { isLogRead = false }: { isLogRead?: boolean } = {},
): Promise<Server> {
  const activate = [`${what.program}.socket=${socket}:0600`];
  const stderr = isLogRead ? "piped" : "inherit";
  const child = launch({ ...what, activate }, { stdout: "null", stderr });
  // Ends with the daemon, and fails with nothing that matters.
  if (isLogRead) child.stderr.pipeTo(new WritableStream()).catch(() => {});
  return started(child, socket);
}

/** Resolves when the process answers something, whatever that is. */
async function started(child: Deno.ChildProcess, socket: string): Promise<Server> {
  const server: Server = {
    pid: child.pid,
    socket,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
  let isOver = false;
  child.status.then(() => isOver = true);
  while (!await answers(socket)) {
    if (isOver) throw new Error(`the server on ${socket} ended before it answered`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return server;
}

/** Whether somebody answers; waits for it when the socket is there and its server still starts. */
export async function answers(socket: string): Promise<boolean> {
  try {
    using connection = await Deno.connect({ transport: "unix", path: socket });
    const request = "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    return await connection.read(new Uint8Array(512)) !== null;
  } catch (error) {
    const isEarly = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.ConnectionRefused ||
      error instanceof Deno.errors.ConnectionReset;
    if (isEarly) return false;
    throw error;
  }
}
