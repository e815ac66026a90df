// SPDX-License-Identifier: MIT

import { ensurePrerequisites } from "../../scripts/prerequisites.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** What the load generator measured; latencies in microseconds. */
export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Compiles `tests/bench/NAME.c` to `build/bench/NAME` and answers the path of that. */
export async function buildProgram(name: "load" | "direct"): Promise<string> {
  await ensurePrerequisites(["compiler"]);
  await Deno.mkdir(`${root}/build/bench`, { recursive: true });
  const output = `${root}/build/bench/${name}`;
  const { success, stderr } = await new Deno.Command(Deno.env.get("CC") ?? "cc", {
    args: [
      ...["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror"],
      ...["-I", `${root}/ffi/keys/include`, "-o", output, `${root}/tests/bench/${name}.c`, "-ldl"],
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return output;
}

/** Sends `request` so many times over so many connections; throws after an answer beyond 2xx. */
export async function load(
  generator: string,
  socket: string,
  connections: number,
  requests: number,
  request: string,
): Promise<Load> {
  const child = new Deno.Command(generator, {
    args: [socket, String(connections), String(requests)],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(request));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`load on ${socket}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout)) as Load;
}
