// SPDX-License-Identifier: MIT

/** `Deno.serve` on passed sockets below the adapter. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  connect,
  MANY,
  product,
  readSome,
  readUntil,
  runToEnd,
  startServer,
  write,
} from "./tests/fixture.ts";

/** The name under which a caller of these ids is known. */
function nameOf(pid: number, uid: number, gid: number): string {
  const words = [pid, uid, gid].flatMap((id) => [id >>> 16, id & 0xffff]);
  const text = `fdac:5d5d:${words.map((word) => word.toString(16)).join(":")}`;
  // The URL parser writes IPv6 addresses in the same canonical form.
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

Deno.test("Deno.serve on a passed unix socket sees who is calling", async () => {
  await using server = await startServer();
  equal(await server.get("/peer"), nameOf(Deno.pid, Deno.uid() ?? 0, Deno.gid() ?? 0));
});

Deno.test("several passed sockets are served at a time", async () => {
  await using server = await startServer({ limits: [MANY, MANY, MANY] });
  equal(await server.get("/adopted", 2), 3);
  for (const index of [0, 1, 2]) match(String(await server.get("/peer", index)), /^fdac:5d5d:/);
});

Deno.test("every connection has a number of its own", async () => {
  await using server = await startServer();
  equal(await server.get("/connection"), 1);
  equal(await server.get("/connection"), 2);
});

Deno.test("the bytes of every kind of answer are counted", async () => {
  await using server = await startServer();
  using connection = await connect(server.socket());
  let received = 0;
  for (const [path, end] of [["/flat", "xxxx"], ["/stream", "\r\n0\r\n\r\n"]] as const) {
    await write(connection, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let answer = "";
    const body = () => answer.length - answer.indexOf("\r\n\r\n") - 4;
    while (body() < 500_000 || !answer.endsWith(end)) answer += await readSome(connection);
    received += answer.length;

    await write(connection, "GET /sent HTTP/1.1\r\nHost: x\r\n\r\n");
    const count = await readSome(connection);
    ok(count.endsWith(`\r\n\r\n${received}`), `${received} bytes after ${path}: ${count}`);
    received += count.length;
  }
});

Deno.test("ordinary TCP and unix sockets of the same process are untouched", async () => {
  await using server = await startServer();
  deepEqual(await server.get("/elsewhere"), {
    tcpClient: "127.0.0.1",
    tcpText: "tcp",
    unixClient: "/plain.sock",
    unixText: "unix",
  });
  match(String(await server.get("/peer")), /^fdac:5d5d:/);
});

Deno.test("children of a server do not inherit the preloaded library", async () => {
  await using server = await startServer();
  const environment = await server.get("/child") as string[];
  ok(environment.some((line) => line.startsWith("PATH=")));
  deepEqual(environment.filter((line) => line.startsWith("LD_PRELOAD")), []);
});

Deno.test("what else is preloaded stays preloaded", async () => {
  const other = product("tests/serve_bypass.so");
  await using server = await startServer({ preload: [product("libaziot_serve.so"), other] });
  const environment = await server.get("/child") as string[];
  deepEqual(environment.filter((line) => line.startsWith("LD_PRELOAD")), [`LD_PRELOAD=${other}`]);
});

Deno.test("serving needs the permissions of the adapter's file and of the name, no others", async () => {
  const flags = [
    "--allow-env=AZIOT_LIB_DIR",
    `--allow-ffi=${product("libaziot_serve.so")}`,
    "--allow-net=[fdac:5d5d::]:3",
  ];
  await using server = await startServer({ flags });
  match(String(await server.get("/peer")), /^fdac:5d5d:/);
});

Deno.test("a socket is served where the kernel refuses IPv6", async () => {
  await using server = await startServer({ through: [product("tests/serve_denied"), "ipv6"] });
  match(String(await server.get("/peer")), /^fdac:5d5d:/);
  match(String(await server.get("/peer")), /^fdac:5d5d:/);
});

Deno.test("a caller whom the kernel does not name is closed without a byte", async () => {
  await using server = await startServer({ through: [product("tests/serve_denied"), "peercred"] });
  for (let call = 0; call < 3; call++) {
    using connection = await connect(server.socket());
    equal(await readUntil(connection), "");
  }
});

Deno.test("without the preloaded adapter Deno.serve refuses the name", async () => {
  const { code, stderr } = await runToEnd({ preload: [] });
  equal(code, 1);
  // The kernel's own answer; a port as low as 3 is root's.
  match(stderr, Deno.uid() === 0 ? /AddrNotAvailable/ : /PermissionDenied/);
});

Deno.test("a Deno that got past getpeername sees an address that names nobody", async () => {
  const preload = [product("tests/serve_bypass.so"), product("libaziot_serve.so")];
  await using server = await startServer({ preload });
  equal(await server.get("/peer"), "0.0.0.0");
});
