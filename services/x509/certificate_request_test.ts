// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type EndEntityRequest, endEntityRequest } from "./certificate_request.ts";

async function request(
  wanted: Omit<EndEntityRequest, "spki" | "sign">,
): Promise<{ pem: string; der: string }> {
  const keys = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const pem = await endEntityRequest({
    ...wanted,
    spki: new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", keys.privateKey, bytes)),
  });
  const [, base64 = ""] = /-----\n([^-]+)-----/.exec(pem) ?? [];
  return { pem, der: Uint8Array.fromBase64(base64).toHex() };
}

/** What OpenSSL reads in a request whose signature it has verified. */
async function readByOpenssl(pem: string): Promise<string> {
  const child = new Deno.Command("openssl", {
    args: ["req", "-verify", "-noout", "-text", "-nameopt", "RFC2253,-esc_msb,utf8"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(pem));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, decode(stderr));
  return decode(stdout);
}

Deno.test("OpenSSL verifies a request and reads the subject and the extensions in their order", async () => {
  const { pem } = await request({
    commonName: "viewer.press é.example.net",
    uses: ["clientAuth", "serverAuth"],
    dnsName: "viewer.press.example.net",
  });
  const lines = (await readByOpenssl(pem)).split("\n").map((line) => line.trim());
  assert.ok(lines.includes("Version: 1 (0x0)"));
  assert.ok(lines.includes("Subject: CN=viewer.press é.example.net"), lines.join("\n"));
  assert.ok(lines.includes("Signature Algorithm: sha256WithRSAEncryption"));
  const from = lines.indexOf("Requested Extensions:");
  assert.deepEqual(lines.slice(from + 1, from + 9), [
    "X509v3 Basic Constraints: critical",
    "CA:FALSE",
    "X509v3 Key Usage: critical",
    "Digital Signature, Non Repudiation, Key Encipherment",
    "X509v3 Extended Key Usage: critical",
    "TLS Web Client Authentication, TLS Web Server Authentication",
    "X509v3 Subject Alternative Name:",
    "DNS:viewer.press.example.net",
  ]);
});

Deno.test("the extensions are byte-equal to those in certificates of the existing product", async () => {
  const always = "300c0603551d130101ff04023000" + "300e0603551d0f0101ff0404030205e0";
  const client = await request({ commonName: "x", uses: ["clientAuth"] });
  assert.ok(
    client.der.includes(`${always}30160603551d250101ff040c300a06082b06010505070302`),
  );
  assert.ok(!client.der.includes("0603551d11"), "no other name");
  const server = await request({ commonName: "x", uses: ["clientAuth", "serverAuth"] });
  assert.ok(
    server.der.includes(
      `${always}30200603551d250101ff0416301406082b0601050507030206082b06010505070301`,
    ),
  );
});
