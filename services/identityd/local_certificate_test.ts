// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { RemoteError } from "../http/unix_client.ts";
import type { LocalIdentity } from "./client.ts";
import { localIssuer } from "./local_certificate.ts";
import type { LocalRequest } from "./local_identities.ts";

const VIEWER: LocalRequest = {
  moduleId: "viewer",
  commonName: "viewer.press.example.net",
  attributes: "client",
};

/** Runs OpenSSL in a directory of its own with files in it; answers what it prints. */
async function openssl(files: Record<string, string>, ...args: string[]): Promise<string> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${cwd}/${name}`, text);
    }
    const { success, stdout, stderr } = await new Deno.Command("openssl", { args, cwd }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.ok(success, decode(stderr));
    return decode(stdout);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** A Certificates Service that signs whatever it gets with a key of its own, for so many days. */
async function authority(days: number) {
  const key = await openssl(
    {},
    "genpkey",
    "-algorithm",
    "EC",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
  );
  const ca = await openssl({ key }, "req", "-x509", "-new", "-key", "key", "-subj", "/CN=plant");
  const asked: [id: string, csr: string][] = [];
  return {
    ca,
    asked,
    createCertificate: async (id: string, csr: string) => {
      asked.push([id, csr]);
      const options = [
        "-CA",
        "ca",
        "-CAkey",
        "key",
        "-days",
        `${days}`,
        "-copy_extensions",
        "copyall",
      ];
      return await openssl({ key, ca, csr }, "x509", "-req", "-in", "csr", ...options) + ca;
    },
  };
}

async function issued(request: LocalRequest, days: number) {
  const service = await authority(days);
  const { spec }: LocalIdentity = await localIssuer(service)(request);
  return { ...service, ...spec, leaf: new X509Certificate(spec.auth.certificate) };
}

async function usesOf(pem: string): Promise<string[]> {
  const text = await openssl({ pem }, "x509", "-in", "pem", "-noout", "-ext", "extendedKeyUsage");
  return text.split("\n")[1]?.trim().split(", ") ?? [];
}

Deno.test("a local identity is a key in PKCS#8 and the chain that was issued for it", async () => {
  const { asked, auth, ca, leaf, moduleId } = await issued(VIEWER, 7);
  assert.equal(moduleId, "viewer");
  assert.deepEqual(asked.map(([id]) => id), ["viewer"]);
  assert.ok(auth.certificate.endsWith(ca), "the chain as it came");
  assert.equal(leaf.subject, "CN=viewer.press.example.net");
  assert.deepEqual(await usesOf(auth.certificate), ["TLS Web Client Authentication"]);
  assert.equal(leaf.subjectAltName, undefined);

  assert.match(
    auth.privateKey,
    /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n$/,
  );
  const own = createPublicKey(createPrivateKey(auth.privateKey)).export({
    type: "spki",
    format: "der",
  });
  assert.deepEqual(leaf.publicKey.export({ type: "spki", format: "der" }), own);
  assert.equal(createPrivateKey(auth.privateKey).asymmetricKeyDetails?.modulusLength, 2048);

  assert.match(auth.expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
  assert.equal(Date.parse(auth.expiration), Date.parse(leaf.validTo));
});

Deno.test("a server's certificate is for clients, too, and names the server", async () => {
  const dnsName = "viewer.press.example.net";
  const { auth, leaf } = await issued({ ...VIEWER, dnsName, attributes: "server" }, 7);
  assert.deepEqual(await usesOf(auth.certificate), [
    "TLS Web Client Authentication",
    "TLS Web Server Authentication",
  ]);
  assert.equal(leaf.subjectAltName, "DNS:viewer.press.example.net");
  assert.equal(leaf.checkHost(dnsName), dnsName);
});

Deno.test("each answer has a key of its own", async () => {
  const service = await authority(7);
  const keys = [await localIssuer(service)(VIEWER), await localIssuer(service)(VIEWER)]
    .map(({ spec }) => spec.auth.privateKey);
  assert.notEqual(keys[0], keys[1]);
});

Deno.test("what the Certificates Service refuses is told with its reason, and without any key", async () => {
  const refusal = new RemoteError(500, "no issuance method is configured for the cert viewer");
  const refusing = { createCertificate: () => Promise.reject(refusal) };
  await assert.rejects(
    localIssuer(refusing)(VIEWER),
    (error) =>
      error instanceof Error && error.cause === refusal &&
      error.message === "could not have the certificate of viewer issued",
  );
  for (const pem of ["", "no certificate"]) {
    const empty = { createCertificate: () => Promise.resolve(pem) };
    await assert.rejects(localIssuer(empty)(VIEWER), /has issued no certificate/);
  }
});
