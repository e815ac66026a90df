// SPDX-License-Identifier: MIT

/** Starts a program on passed sockets below the adapter, and calls it. */

import { libraryPath } from "../../library_path.ts";
import type { Limits } from "./server.ts";

/** The products of the plain build: an instrumented library cannot be preloaded into Deno. */
const products = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");

/** A library or program of the build, by its name. */
export function product(name: string): string {
  return `${products}/${name}`;
}

/** How a program is started. */
export interface Start {
  /** One listener each, named `0.sock`, `1.sock`, …; default one without limits to speak of. */
  limits?: Limits[];
  /** The program; default the test server. */
  program?: string;
  /** Deno's flags; default all permissions. */
  flags?: string[];
  /** What is preloaded; default the adapter. */
  preload?: string[];
  /** A command to run it by, such as `prlimit`. */
  through?: string[];
}

/** A program that serves. */
export interface Running extends AsyncDisposable {
  /** The path of a listener's socket. */
  socket(index?: number): string;
  /** What a request is answered with, as JSON. A connection of its own. */
  get(path: string, index?: number): Promise<unknown>;
  /** The same over HTTP, status and body. */
  raw(path: string, index?: number): Promise<{ status: number; text: string }>;
}

/** What a program that ended by itself left. */
export interface Ended {
  code: number;
  stderr: string;
}

export const MANY: Limits = { all: 1000, perUid: 1000 };

async function spawn(start: Start) {
  const { limits = [MANY], program = new URL("./server.ts", import.meta.url).pathname } = start;
  const { preload = [product("libaziot_serve.so")], through = [], flags = ["-A"] } = start;
  const directory = await Deno.makeTempDir({ prefix: "aziot" });
  await Deno.chmod(directory, 0o755);
  const sockets = limits.map((_, index) => `s${index}=${directory}/${index}.sock:0666`);
  const environment = preload.length === 0 ? [] : [`LD_PRELOAD=${preload.join(":")}`];
  const child = new Deno.Command(product("activate"), {
    args: [
      ...sockets,
      "--",
      ...through,
      "/usr/bin/env",
      ...environment,
      Deno.execPath(),
      ...["run", "--no-prompt", "--no-check", "--unstable-no-legacy-abort", ...flags],
      program,
      JSON.stringify(limits),
    ],
    env: { AZIOT_LIB_DIR: products, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  return { child, directory };
}

/** Starts a program that is expected to end by itself, and waits for that. */
export async function runToEnd(start: Start): Promise<Ended> {
  const { child, directory } = await spawn(start);
  const { code, stderr } = await child.output();
  await Deno.remove(directory, { recursive: true });
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Starts a program and waits until it says on stderr that it is serving. */
export async function startServer(start: Start = {}): Promise<Running> {
  const { child, directory } = await spawn(start);
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("serving")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the test server ended: ${said}`);
    said += value;
  }
  const socket = (index = 0) => `${directory}/${index}.sock`;
  const raw = (path: string, index = 0) => request(socket(index), path);
  return {
    socket,
    raw,
    async get(path, index) {
      const { status, text } = await raw(path, index);
      if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
      return JSON.parse(text);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Opens a connection. */
export function connect(path: string): Promise<Deno.UnixConn> {
  return Deno.connect({ transport: "unix", path });
}

/** Writes text, all of it. */
export async function write(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Reads what there is, or waits for it; the empty text is the end of the connection. */
export async function readSome(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const length = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}

/** Reads until `end` has come (default: the end of the connection); what was read. */
export async function readUntil(connection: Deno.Conn, end?: string): Promise<string> {
  let text = "";
  while (end === undefined || !text.includes(end)) {
    const more = await readSome(connection);
    if (more === "") break;
    text += more;
  }
  return text;
}

async function request(path: string, target: string): Promise<{ status: number; text: string }> {
  using connection = await connect(path);
  await write(connection, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const answer = await readUntil(connection);
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), text: rest.join("\r\n\r\n") };
}
