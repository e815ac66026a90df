// SPDX-License-Identifier: MIT

/**
 * The program under test: serves the descriptors that were passed to it on `Deno.serve` below the
 * adapter and does what a request's path says. Argument: the listeners' limits, as JSON.
 */

import { openServe } from "../../serve.ts";
import { elsewhere } from "./elsewhere.ts";

/** Limits of one listener, in the order of the descriptors. */
export interface Limits {
  all: number;
  perUid: number;
}

/** More than a socket takes at a time. */
const LARGE = 500_000;

// As every daemon does at its start. The runtime opens descriptors for its first signal handler,
// some time after the start if left to itself, and panics when it gets none.
Deno.addSignalListener("SIGHUP", () => {});

const adapter = openServe();
const limits = JSON.parse(Deno.args[0] ?? "[]") as Limits[];
/** Handlers that wait until somebody asks for `/release`. */
let held: (() => void)[] = [];
/** Files that use up the process's descriptors. */
const files: Deno.FsFile[] = [];

async function answer(request: Request, address: Deno.NetAddr): Promise<unknown> {
  const url = new URL(request.url);
  const number = (name: string) => Number(url.searchParams.get(name));
  switch (url.pathname) {
    case "/peer":
      return address.hostname;
    case "/connection":
      return address.port;
    case "/hold":
      await new Promise<void>((resolve) => held.push(resolve));
      return "released";
    case "/held":
      return held.length;
    case "/release":
      held.forEach((release) => release());
      held = [];
      return "released";
    case "/sweep":
      return adapter.sweep(number("idle"), number("head"));
    case "/refused":
      return adapter.refused() ?? null;
    case "/sent":
      return adapter.sent(address.port);
    case "/adopted":
      return adapter.adopted();
    case "/elsewhere":
      return await elsewhere();
    case "/child": {
      const { stdout } = await new Deno.Command("/usr/bin/env").output();
      return new TextDecoder().decode(stdout).split("\n");
    }
    case "/exhaust": {
      useUpDescriptors();
      // As a daemon does: it also announces whom a lost spare descriptor has left queued.
      const sweeps = setInterval(() => adapter.sweep(60, 30), 20);
      await new Promise((resolve) => setTimeout(resolve, number("ms")));
      clearInterval(sweeps);
      files.splice(0).forEach((file) => file.close());
      return "over";
    }
    case "/exhausted":
      return files.length > 0;
    default:
      throw new Error(`the test server knows no ${url.pathname}`);
  }
}

/** Opens files until the process has no descriptor left. */
function useUpDescriptors(): void {
  try {
    for (;;) files.push(Deno.openSync("/dev/null"));
  } catch {
    return;
  }
}

/** The same in pieces. */
function stream(): ReadableStream<Uint8Array> {
  let left = LARGE;
  return new ReadableStream({
    pull(controller) {
      const piece = new Uint8Array(Math.min(left, 7_000)).fill(0x78);
      controller.enqueue(piece);
      left -= piece.length;
      if (left === 0) controller.close();
    },
  });
}

for (const [index, { all, perUid }] of limits.entries()) {
  adapter.limits(3 + index, all, perUid);
  Deno.serve(
    { hostname: "fdac:5d5d::", port: 3 + index, automaticCompression: false, onListen() {} },
    async (request, info) => {
      const connection = info.remoteAddr.port;
      adapter.busy(connection, 1);
      const idle = () => void adapter.busy(connection, -1);
      info.completed.then(idle, idle);
      await request.text();
      const { pathname } = new URL(request.url);
      if (pathname === "/flat") return new Response("x".repeat(LARGE));
      if (pathname === "/stream") return new Response(stream());
      return Response.json(await answer(request, info.remoteAddr));
    },
  );
}
if (adapter.adopted() !== limits.length) {
  console.error(`${adapter.adopted()} of ${limits.length} listeners are adopted`);
  Deno.exit(1);
}
console.error("serving");
