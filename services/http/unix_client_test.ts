// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { recordedLog } from "./testing/recorded_log.ts";
import { OK, readRequest, Scripted, write } from "./testing/scripted.ts";
import {
  ConnectionError,
  encodeSegment,
  RemoteError,
  unixClient,
  type UnixClientOptions,
} from "./unix_client.ts";

const query = { "api-version": "2021-05-01" };

const client = (socket: string, more: Partial<UnixClientOptions> = {}) =>
  unixClient({ socket, host: "test.sock", ...more });

Deno.test("a path segment is encoded but for unreserved characters", () => {
  const rows: [text: string, segment: string][] = [
    ["pump-3._~", "pump-3._~"],
    ["a/b%c", "a%2Fb%25c"],
    ["$edgeAgent", "%24edgeAgent"],
    ["!'()*", "%21%27%28%29%2A"],
    ["é 😀+", "%C3%A9%20%F0%9F%98%80%2B"],
    ["", ""],
  ];
  for (const [text, segment] of rows) assert.equal(encodeSegment(text), segment);
});

Deno.test("requests reach the service and its answers come back", async () => {
  await using daemon = await startDaemon();
  using c = client(daemon.socket);
  const path = `/echo/${encodeSegment("a/b %é")}`;
  assert.deepEqual(await c.request({ method: "GET", path, query }), ["a/b %é"]);
  const body = { text: "é".repeat(1000) };
  assert.deepEqual(await c.request({ method: "POST", path, query, body }), { length: 1000 });
  assert.equal(
    await c.request({ method: "PUT", path, query, body: null, expect: 204 }),
    undefined,
  );
  assert.equal(await c.request({ method: "DELETE", path, query, expect: 204 }), undefined);
});

Deno.test("an error of the service is thrown with its status and message", async () => {
  await using daemon = await startDaemon();
  const { log, lines } = recordedLog();
  using c = client(daemon.socket, { retries: 3, log });
  const rows: [request: Parameters<typeof c.request>[0], status: number, message: RegExp][] = [
    [{ method: "GET", path: "/none", query }, 404, /^not found$/],
    [{ method: "GET", path: "/none" }, 400, /^api-version not specified$/],
    [{ method: "GET", path: "/fail", query }, 500, /^internal error$/],
    [{ method: "POST", path: "/fail", query, expect: 204 }, 401, /^user \d+ is not authorized$/],
    [{ method: "POST", path: "/echo/x", query, body: {} }, 422, /"text" is missing/],
  ];
  for (const [request, status, message] of rows) {
    await assert.rejects(c.request(request), (error) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.status, status);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.deepEqual(lines, [], "an answer is not tried again");
});

Deno.test("a request is written as the services expect it", async () => {
  await using server = await Scripted.start(async (conn, requests) => {
    for (let text; (text = await readRequest(conn)) !== undefined;) {
      requests.push(text);
      await write(conn, OK);
    }
  });
  using c = client(server.socket);
  await c.request({ method: "POST", path: "/sign", query, body: { a: "é" } });
  await c.request({ method: "GET", path: "/key/x", query: { a: "b c&d", "é": "+" } });
  const [first = "", second = ""] = server.requests;
  assert.match(first, /^POST \/sign\?api-version=2021-05-01 HTTP\/1\.1\r\n/);
  const headers = first.toLowerCase().split("\r\n\r\n")[0]?.split("\r\n").slice(1) ?? [];
  for (
    const expected of ["host: test.sock", "content-type: application/json", "content-length: 10"]
  ) assert.ok(headers.includes(expected), headers.join());
  assert.ok(!headers.some((header) => header.startsWith("accept-encoding")));
  assert.ok(first.endsWith('\r\n\r\n{"a":"\xc3\xa9"}'));
  assert.match(second, /^GET \/key\/x\?a=b%20c%26d&%C3%A9=%2B HTTP\/1\.1\r\n/);
  assert.doesNotMatch(second.toLowerCase(), /content-type|content-length|transfer-encoding/);
});

Deno.test("a service is called over at most four connections, which are kept", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 4 }),
  });
  using c = client(daemon.socket);
  const seen = new Set<number>();
  const ask = async () => {
    const { connection } = await c.request({ method: "GET", path: "/peer", query }) as {
      connection: number;
    };
    seen.add(connection);
  };
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 40 }, ask));
  assert.ok(seen.size <= 4, `${seen.size} connections`);
});

Deno.test("requests that wait for a connection do not fail by the time of those before them", async () => {
  await using server = await Scripted.start(async (conn) => {
    while (await readRequest(conn) !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 150));
      await write(conn, OK);
    }
  });
  using c = client(server.socket, { timeoutMs: 1000 });
  const all = Array.from({ length: 40 }, () => c.request({ method: "GET", path: "/x" }));
  assert.equal((await Promise.all(all)).length, 40);
});

Deno.test("a kept connection that has died costs no answer, and nothing is done twice that must not", async () => {
  for (const idempotent of [true, false]) {
    // The service ends each connection when the second request on it has come.
    await using server = await Scripted.start(async (conn, requests) => {
      requests.push(await readRequest(conn) ?? "");
      await write(conn, OK);
      requests.push(await readRequest(conn) ?? "");
    });
    const { log, lines } = recordedLog();
    using c = client(server.socket, { log });
    const request = { method: "POST", path: "/sign", body: { a: 1 }, idempotent } as const;
    for (let count = 0; count < 3; count++) assert.deepEqual(await c.request(request), {});
    assert.deepEqual(lines, [], "no retry of the caller's");
    const received = server.requests.filter((text) => text !== "");
    // The second and the third went out on a dead connection first, but only where they may.
    assert.equal(received.length, idempotent ? 5 : 3);
    assert.ok(received.every((text) => text.endsWith('{"a":1}')));
  }
});

Deno.test("a request that must not be done twice is not sent again when its connection breaks", async () => {
  await using server = await Scripted.start(async (conn, requests) => {
    requests.push(await readRequest(conn) ?? "");
  });
  using c = client(server.socket);
  await assert.rejects(c.request({ method: "POST", path: "/key", body: {} }), ConnectionError);
  assert.equal(server.requests.length, 1);
});

// Twice as many may be open for a moment: those whose end the service has yet to see.
Deno.test("connections of one's own count among the four", async () => {
  await using daemon = await startDaemon({
    settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 8 }),
  });
  using c = client(daemon.socket);
  const ask = (_: unknown, index: number) =>
    c.request({ method: index % 2 ? "GET" : "POST", path: "/echo/x", query, body: { text: "" } });
  for (let round = 0; round < 5; round++) await Promise.all(Array.from({ length: 20 }, ask));
});

Deno.test("a service that was restarted is called on new connections", async () => {
  const dir = await Deno.makeTempDir({ prefix: "aziot-http-" });
  const settings = () => ({ sockets: [{ endpoint: `unix://${dir}/s` }] });
  try {
    using c = client(`${dir}/s`);
    const ask = () => c.request({ method: "GET", path: "/echo/x", query });
    for (let round = 0; round < 3; round++) {
      await using daemon = await startDaemon({ passed: {}, settings });
      assert.equal((await Promise.all([ask(), ask(), ask(), ask(), ask()])).length, 5);
      daemon.signal("SIGTERM");
      await daemon.ended();
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("kept connections keep no process alive", async () => {
  await using daemon = await startDaemon();
  const script = `
    import { unixClient } from ${JSON.stringify(import.meta.resolve("./unix_client.ts"))};
    const client = unixClient({ socket: ${JSON.stringify(daemon.socket)}, host: "test.sock" });
    const query = { "api-version": "2021-05-01" };
    console.log(await client.request({ method: "GET", path: "/echo/x", query }));`;
  const file = `${daemon.dir}/program.js`;
  await Deno.writeTextFile(file, script);
  // It would last until the service closes what is idle for a minute.
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--cached-only", "-A", file],
    stderr: "inherit",
    signal: AbortSignal.timeout(30_000),
  }).output();
  assert.ok(success);
  assert.equal(new TextDecoder().decode(stdout).trim(), '[ "x" ]');
});
