// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { libraryPath } from "./library_path.ts";
import { openTls, SessionError } from "./tls.ts";

const library = openTls();

Deno.test("libaziot_tls survives careless callers and hostile peers under sanitizers", async (t) => {
  const program = libraryPath("tests/tls_program");
  const { stdout, stderr, success } = await new Deno.Command(program).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  for (const line of lines) {
    await t.step(line.replace(/^(not )?ok /, ""), () => assert.match(line, /^ok /));
  }
  // The sanitizers report on stderr, leaks only when all tests have run.
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.ok(success);
});

Deno.test("the library is opened once", () => {
  assert.equal(openTls(), library);
});

Deno.test("anchors that cannot be read are refused with the reason", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  assert.throws(
    () => library.context({ system: false, extra: broken }),
    /TLS cannot be set up: a certificate of the extra trust anchors cannot be read/,
  );
  assert.throws(() => library.context({ system: false, extra: "not PEM" }), /no PEM certificate/);
});

Deno.test("a host that cannot be verified is refused with the reason", () => {
  using context = library.context({ system: false, extra: "" });
  assert.throws(() => context.session("", false), /1 to 253 characters/);
  assert.throws(() => context.session("hub.example", true), /not an IP address/);
  assert.throws(() => context.session("hub\0.example", false), TypeError);
});

Deno.test("a session starts with its ClientHello and waits for an answer", () => {
  using context = library.context({ system: false, extra: "" });
  using session = context.session("hub.example", false);
  assert.equal(session.handshake(), "again");
  const hello = new Uint8Array(1024);
  const count = session.drain(hello);
  // A handshake record with the name for SNI in the clear.
  assert.equal(hello[0], 22);
  assert.ok(new TextDecoder("latin1").decode(hello.subarray(0, count)).includes("hub.example"));
  assert.equal(session.drain(hello), 0);
});

Deno.test("a session to an address names no host in its ClientHello", () => {
  using context = library.context({ system: false, extra: "" });
  using session = context.session("192.0.2.7", true);
  session.handshake();
  const hello = new Uint8Array(1024);
  const count = session.drain(hello);
  assert.ok(!new TextDecoder("latin1").decode(hello.subarray(0, count)).includes("192.0.2.7"));
});

Deno.test("a failed session throws the same reason again", () => {
  using context = library.context({ system: false, extra: "" });
  using session = context.session("hub.example", false);
  session.handshake();
  session.feed(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const failed = (error: unknown) => {
    assert.ok(error instanceof SessionError);
    assert.equal(error.failure.kind, "protocol");
    assert.equal(error.failure.text, "wrong version number");
    assert.equal(error.failure.certificate, undefined);
    return true;
  };
  assert.throws(() => session.handshake(), failed);
  assert.throws(() => session.read(new Uint8Array(10)), failed);
});

Deno.test("a session that was disposed of is refused, not followed", () => {
  using context = library.context({ system: false, extra: "" });
  const session = context.session("hub.example", false);
  session[Symbol.dispose]();
  session[Symbol.dispose]();
  assert.throws(() => session.handshake(), /cannot be used any more/);
  assert.throws(() => session.read(new Uint8Array(1)), /cannot be used any more/);
  assert.throws(() => session.write(new Uint8Array(1)), /cannot be used any more/);
  assert.throws(() => session.feed(new Uint8Array(1)), /did not take the input/);
  assert.equal(session.drain(new Uint8Array(1)), 0);
});

Deno.test("a context that was disposed of makes no session, older ones go on", () => {
  const context = library.context({ system: false, extra: "" });
  using session = context.session("hub.example", false);
  context[Symbol.dispose]();
  context[Symbol.dispose]();
  assert.throws(() => context.session("hub.example", false), /not a context of this thread/);
  assert.equal(session.handshake(), "again");
});
