// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import { type Answer, client, type ClientOptions, TlsError, type TlsPhase } from "./client.ts";
import { authority } from "./test_authority.ts";
import { opensslServer } from "./test_openssl.ts";
import { tcpServer, writeAll } from "./test_server.ts";

openTls();
const ca = await authority("Test Root");
const issued = await ca.issue();
const TIMEOUTS = { connect: 10_000, handshake: 10_000, total: 30_000 };

async function visit(port: number, more: Partial<ClientOptions> = {}): Promise<Answer> {
  using https = client({ trust: { system: false, extra: ca.pem }, ...more });
  return await https.request({
    method: "GET",
    url: `https://localhost:${port}/`,
    headers: {},
    timeouts: TIMEOUTS,
    maxBody: 100_000,
  });
}

async function fails(answer: Promise<Answer>, phase: TlsPhase, message: RegExp) {
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, phase, error.message);
    assert.match(error.message, message);
    return true;
  });
}

for (const version of ["1.2", "1.3"] as const) {
  const flag = `-tls${version.replace(".", "_")}`;

  Deno.test(`a server that speaks TLS ${version} only is served`, async () => {
    await using server = await opensslServer(issued, flag);
    const { status, body } = await visit(server.port);
    assert.equal(status, 200);
    assert.match(new TextDecoder().decode(body), new RegExp(`Protocol *: TLSv${version}`));
  });

  Deno.test(`a server of TLS ${version} that asks for a client certificate gets none`, async () => {
    await using server = await opensslServer(issued, flag, "-verify", "1");
    assert.equal((await visit(server.port)).status, 200);
  });

  Deno.test(`a server of TLS ${version} that demands a client certificate is named`, async () => {
    await using server = await opensslServer(issued, flag, "-Verify", "1");
    await fails(
      visit(server.port),
      "rejected",
      /^localhost:\d+ demands a client certificate and none is configured for it/,
    );
  });
}

Deno.test("a server that speaks TLS 1.1 at most is refused", async () => {
  await using server = await opensslServer(
    issued,
    ...["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
  );
  await fails(visit(server.port), "handshake", /it offers neither TLS 1\.2 nor TLS 1\.3/);
});

Deno.test("the versions can be narrowed down", async () => {
  await using server = await opensslServer(issued);
  const text = async (versions: ClientOptions["versions"]) => {
    const { body } = await visit(server.port, versions ? { versions } : {});
    return /Protocol *: (\S+)/.exec(new TextDecoder().decode(body))?.[1];
  };
  assert.equal(await text(undefined), "TLSv1.3");
  assert.equal(await text({ max: "1.2" }), "TLSv1.2");
  assert.equal(await text({ min: "1.3" }), "TLSv1.3");
  await using old = await opensslServer(issued, "-tls1_2");
  await fails(visit(old.port, { versions: { min: "1.3" } }), "handshake", /TLS/);
});

Deno.test("the server's page shows no protocol below HTTP", async () => {
  await using server = await opensslServer(issued, "-alpn", "h2,http/1.1");
  const { body } = await visit(server.port);
  assert.doesNotMatch(new TextDecoder().decode(body), /ALPN protocol: h2/);
});

Deno.test("a server without a common cipher is a failed handshake", async () => {
  await using server = await opensslServer(
    issued,
    ...["-tls1_2", "-cipher", "AES256-SHA:@SECLEVEL=0"],
  );
  await fails(visit(server.port), "handshake", /the server refused the handshake \(.*alert/);
});

const NO_TLS: [name: string, bytes: string][] = [
  ["an HTTP server", "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"],
  ["an SSH server", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["a server of noise", "\x00\xff\x16\x03\x03\x00\x10garbage garbage garbage"],
];

for (const [name, bytes] of NO_TLS) {
  Deno.test(`${name} is a failed handshake that doubts the port`, async () => {
    await using server = tcpServer(async (connection) => {
      await connection.read(new Uint8Array(4096));
      await writeAll(connection, Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
      await connection.read(new Uint8Array(4096));
    });
    await fails(visit(server.port), "handshake", /does not answer with TLS; check the port/);
  });
}

Deno.test("a server that hangs up during the handshake is named", async () => {
  await using server = tcpServer(async (connection) => {
    await connection.read(new Uint8Array(4096));
  });
  await fails(visit(server.port), "handshake", /^localhost:\d+ closed the connection during/);
});
