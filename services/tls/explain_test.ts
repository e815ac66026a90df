// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { RefusedCertificate, SessionFailure } from "../../ffi/tls.ts";
import type { TlsPhase } from "./errors.ts";
import { explain } from "./explain.ts";

const AT = {
  host: "hub.example",
  peer: "hub.example:443",
  established: false,
  now: new Date("2026-05-04T10:11:12.345Z"),
};

const CERTIFICATE: RefusedCertificate = {
  depth: 0,
  subject: "CN=server",
  issuer: "CN=Issuing CA",
  notBefore: "2026-01-01T00:00:00Z",
  notAfter: "2027-01-01T00:00:00Z",
  names: "DNS:server.example",
};

function verify(
  code: number,
  certificate: Partial<RefusedCertificate> | undefined,
): Partial<SessionFailure> {
  return {
    kind: "verify",
    code,
    certificate: certificate && { ...CERTIFICATE, ...certificate },
  };
}

const CASES: [name: string, failure: Partial<SessionFailure>, phase: TlsPhase, text: string][] = [
  [
    "an expired issuer",
    verify(10, { depth: 1 }),
    "verify",
    "the certificate of hub.example:443 cannot be trusted: the certificate of its issuer " +
    '"CN=server" expired at 2027-01-01T00:00:00Z, this machine\'s clock says ' +
    "2026-05-04T10:11:12Z; check the clock first",
  ],
  [
    "a date that cannot be read",
    verify(9, { notBefore: undefined }),
    "verify",
    'the certificate of hub.example:443 cannot be trusted: it (subject "CN=server") is valid from ' +
    "an unreadable date on, this machine's clock says 2026-05-04T10:11:12Z; check the clock first",
  ],
  [
    "a certificate without any name",
    verify(62, { subject: "", names: "" }),
    "verify",
    "the certificate of hub.example:443 cannot be trusted: it does not name hub.example but only " +
    "the subject (empty); check the configured host name",
  ],
  [
    "a reason without a sentence of its own",
    verify(7, {}),
    "verify",
    'the certificate of hub.example:443 cannot be trusted: it (subject "CN=server"): OpenSSL\'s text',
  ],
  [
    "a reason without certificate",
    verify(1, undefined),
    "verify",
    "the certificate of hub.example:443 cannot be trusted: OpenSSL's text",
  ],
  [
    "an alert about a client certificate that was asked for",
    { kind: "alert", code: 48, certificateAsked: true },
    "rejected",
    "hub.example:443 demands a client certificate and none is configured for it (OpenSSL's text)",
  ],
  [
    "the same alert when none was asked for",
    { kind: "alert", code: 48 },
    "handshake",
    "no TLS connection to hub.example:443: the server refused the handshake (OpenSSL's text)",
  ],
  [
    "an alert that has nothing to do with the certificate",
    { kind: "alert", code: 80, certificateAsked: true },
    "handshake",
    "no TLS connection to hub.example:443: the server refused the handshake (OpenSSL's text)",
  ],
  [
    "an alert about the version",
    { kind: "alert", code: 70 },
    "handshake",
    "no TLS connection to hub.example:443: it offers neither TLS 1.2 nor TLS 1.3 (OpenSSL's text)",
  ],
  [
    "another reason",
    { kind: "protocol", code: 1 },
    "handshake",
    "no TLS connection to hub.example:443: OpenSSL's text",
  ],
];

function failureOf(partial: Partial<SessionFailure>): SessionFailure {
  return {
    kind: "protocol",
    code: 0,
    text: "OpenSSL's text",
    certificateAsked: false,
    certificate: undefined,
    ...partial,
  };
}

for (const [name, failure, phase, text] of CASES) {
  Deno.test(`${name} is explained`, () => {
    const error = explain(failureOf(failure), AT);
    assert.equal(error.message, text);
    assert.equal(error.phase, phase);
  });
}

Deno.test("a failure after the handshake is a broken transfer, or a rejection", () => {
  const established = { ...AT, established: true };
  const broken = explain(failureOf({ kind: "alert", code: 80 }), established);
  assert.equal(broken.phase, "transfer");
  assert.equal(broken.message, "the TLS connection to hub.example:443 broke: OpenSSL's text");
  const refused = { kind: "alert", code: 116, certificateAsked: true } as const;
  assert.equal(explain(failureOf(refused), established).phase, "rejected");
});
