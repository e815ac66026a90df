// SPDX-License-Identifier: MIT

/** What the Keys Service makes of bytes on its socket, against the existing one's recorded bytes. */

import assert from "node:assert/strict";
import { startKeyd } from "./keyd_daemon.ts";
import { readVector, vector } from "./keyd_replay.ts";
import { connect, latin1, type RawConnection, rawRequest } from "./raw_http.ts";

/** One recorded connection; texts stand for one byte a character. */
interface RecordedBytes {
  name: string;
  /** `<N bytes, see generator>` for what the name describes. */
  send: string;
  /** The caller ends its side after sending. */
  halfClosed: boolean;
  /** What came back, the date replaced. */
  receivedRaw: string;
  connectionClosed: boolean;
}

/** What comes back from ours where that differs on purpose; absent: the same. */
interface Difference {
  cases: string[];
  /** `null`: something that is not HTTP/1.1. */
  receivedRaw?: string | null;
  connectionClosed?: boolean;
  reason: string;
}

Deno.test("bytes on the socket are answered as recorded", async (t) => {
  const cases = await readVector<RecordedBytes[]>("keyd-http", "cases.json");
  const differences = new Map(
    (await readVector<Difference[]>("keyd-http", "differences.json"))
      .flatMap((difference) => difference.cases.map((name) => [name, difference])),
  );
  await using keyd = await startKeyd({ home: vector("keyd-http", "home") });
  for (const recorded of cases.filter((entry) => "send" in entry)) {
    await t.step(recorded.name, async () => {
      const wanted = { ...recorded, reason: "as recorded", ...differences.get(recorded.name) };
      const bytes = pieces(recorded);
      await using connection = await connect(keyd.socket);
      for (const piece of bytes) {
        // The service may have answered, and ended the connection, before it has read everything.
        await connection.send(piece).catch(() => {});
      }
      if (recorded.halfClosed) await connection.half();
      if (wanted.receivedRaw === null) {
        const something = await connection.receiveAny();
        assert.doesNotMatch(new TextDecoder().decode(something), /^(HTTP|$)/, wanted.reason);
        return;
      }
      const raw = await receiveComparable(connection, recorded);
      assert.deepEqual(parts(raw), parts(wanted.receivedRaw), wanted.reason);
      if (wanted.connectionClosed) {
        assert.ok(await connection.endsWithin(60_000), wanted.reason);
      } else {
        await connection.send(rawRequest("GET", "/nothing?api-version=2021-05-01"));
        assert.equal((await connection.receive())?.status, 404, wanted.reason);
      }
    });
  }
});

/** The answer without what is new each time. */
async function receiveComparable(
  connection: RawConnection,
  { send }: RecordedBytes,
): Promise<string> {
  const raw = await connection.receiveRaw({ toHead: send.startsWith("HEAD") });
  const id = /,"correlationId":"[0-9a-f-]{36}"/.exec(raw)?.[0] ?? "";
  return raw
    .replace(/date: [^\r]+/g, "date: <http-date>")
    .replace(id, "")
    .replace(/content-length: (\d+)/, (_, length) => `content-length: ${length - id.length}`);
}

/** What a connection carries, in the writes that its name tells of. */
function pieces({ name, send }: RecordedBytes): Uint8Array[] {
  const bytes = latin1(send);
  if (/^(head|body) in two pieces/.test(name)) {
    return [bytes.subarray(0, -7), bytes.subarray(-7)];
  }
  if (!send.startsWith("<")) return [bytes];

  const target = (id: string) => `GET /key/${id}?api-version=2021-05-01 HTTP/1.1\r\n`;
  const size = Number(/\d+/.exec(name)?.[0]);
  if (name.startsWith("one header of")) {
    return [latin1(`${target("none")}Host: x\r\nA: ${"a".repeat(size)}\r\n\r\n`)];
  }
  if (name.startsWith("id of")) return [latin1(`${target("x".repeat(size))}Host: x\r\n\r\n`)];
  const body = JSON.stringify({
    keyHandle: SYMMETRIC_HANDLE,
    algorithm: "HMAC-SHA256",
    parameters: { message: new Uint8Array(size).toBase64() },
  });
  return [latin1(
    "POST /sign?api-version=2021-05-01 HTTP/1.1\r\nHost: x\r\n" +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )];
}

/** A handle of the symmetric key that the recording begins with. */
const SYMMETRIC_HANDLE =
  "sr=eyJrZXlfaWQiOnsiS2V5Ijoic3ltLWZkdGFrdiJ9LCJub25jZSI6IkNiQnpYUHBJWDlsUlZJUHNkMGV6R3MwZ1V4a2pL" +
  "ZmdYZkF0TXR3UWZnSDVKcXhrYUR6czVoS0c1dFF6UmYrSlBjN2dUOGduWUtwejE4KzJJeW9oM3d3PT0ifQ==" +
  "&sig=DWuZvL+eSDgYp344DQlgNdgzNhD3eEQwhoZ3tp8FAvw=";

/**
 * The parts of an answer that mean something. The place of `connection` is the platform's, which
 * may besides repeat it.
 */
function parts(raw: string): { head: string[]; connection: string[]; body: string } {
  const end = raw.lastIndexOf("\r\n\r\n");
  const lines = raw.slice(0, end).split("\r\n");
  const isConnection = (line: string) => line.startsWith("connection:");
  return {
    head: lines.filter((line) => !isConnection(line)),
    connection: [...new Set(lines.filter(isConnection))],
    body: raw.slice(end),
  };
}

Deno.test("five hundred requests on one connection are all answered", async () => {
  await using keyd = await startKeyd();
  await using connection = await connect(keyd.socket);
  for (let count = 0; count < 500; count++) {
    await connection.send(rawRequest("GET", "/key/none?api-version=2021-05-01"));
    assert.equal((await connection.receive())?.status, 400);
  }
});

Deno.test("pipelined requests are answered in their order", async () => {
  await using keyd = await startKeyd({ home: vector("keyd-http", "home") });
  await using connection = await connect(keyd.socket);
  const target = "/sign?api-version=2021-05-01";
  const headers = [["content-length", "2"]] as const;
  const load = (id: string) => rawRequest("GET", `/keypair/${id}?api-version=2021-05-01`);
  const requests = [
    load("none"),
    rawRequest("GET", "/key/none"),
    rawRequest("POST", target, headers, "{}"),
    load("pair-jwjhwd"),
    rawRequest("GET", "/nothing?api-version=2020-09-01"),
  ];
  for (const request of requests) await connection.send(request);
  const statuses: (number | undefined)[] = [];
  for (const _ of requests) statuses.push((await connection.receive())?.status);
  assert.deepEqual(statuses, [400, 400, 422, 200, 404]);
});

Deno.test("one read of 512 bytes holds the whole head of an answer", async () => {
  await using keyd = await startKeyd();
  using connection = await Deno.connect({ transport: "unix", path: keyd.socket });
  const body = '{"keyId":"pump-3","usage":"sign"}';
  await connection.write(
    rawRequest("POST", "/key?api-version=2021-05-01", [["content-length", `${body.length}`]], body),
  );
  const buffer = new Uint8Array(512);
  const read = await connection.read(buffer) ?? 0;
  const [head = "", rest = ""] = new TextDecoder().decode(buffer.subarray(0, read)).split(
    "\r\n\r\n",
  );
  assert.match(
    head,
    /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json\r\ncontent-length: \d+\r\ndate: [^\r]+$/,
  );
  assert.equal(rest.length, Number(/content-length: (\d+)/.exec(head)?.[1]));
});
