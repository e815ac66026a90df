// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { Authority, type Identity } from "./authority.ts";

/** What `openssl verify` says about the leaf, with the strictest reading of RFC 5280. */
async function verify(root: Authority, identity: Identity, ...options: string[]): Promise<string> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/root.pem`, root.pem);
    await Deno.writeTextFile(`${dir}/chain.pem`, identity.cert);
    const { stdout, stderr } = await new Deno.Command("openssl", {
      args: [
        ...["verify", "-x509_strict", "-CAfile", `${dir}/root.pem`],
        ...["-untrusted", `${dir}/chain.pem`, ...options, `${dir}/chain.pem`],
      ],
    }).output();
    const text = new TextDecoder();
    return (text.decode(stdout) + text.decode(stderr)).replaceAll(dir, "");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("OpenSSL accepts a server certificate for its names and its purpose only", async () => {
  const root = await Authority.create("root");
  const identity = await root.issue({
    commonName: "localhost",
    use: "server",
    names: ["localhost", "127.0.0.1"],
  });
  const ok = "/chain.pem: OK\n";
  assert.equal(await verify(root, identity, "-purpose", "sslserver"), ok);
  assert.equal(await verify(root, identity, "-verify_hostname", "localhost"), ok);
  assert.equal(await verify(root, identity, "-verify_ip", "127.0.0.1"), ok);
  assert.match(await verify(root, identity, "-verify_hostname", "other.example"), /mismatch/);
  assert.match(await verify(root, identity, "-purpose", "sslclient"), /purpose/i);
});

Deno.test("a chain below an intermediate verifies and comes with the intermediate", async () => {
  const root = await Authority.create("root");
  const issuing = await root.subordinate("issuing");
  const identity = await issuing.issue({ commonName: "press-07", use: "client" });
  assert.equal(identity.cert.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.equal(await verify(root, identity, "-purpose", "sslclient"), "/chain.pem: OK\n");
});

Deno.test("the key belongs to the certificate and serial numbers differ", async () => {
  const root = await Authority.create("root");
  const serials = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const { cert, key } = await root.issue({ commonName: "x", use: "server" });
    const leaf = new X509Certificate(cert);
    assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
    serials.add(leaf.serialNumber);
  }
  assert.equal(serials.size, 3);
});
