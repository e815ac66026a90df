// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { Authority } from "./authority.ts";
import { checkClientChain, normalThumbprint, thumbprints } from "./client_certificate.ts";

const HOUR = 3_600_000;

function chainOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

async function leafOf(authority: Authority, commonName = "press-07"): Promise<X509Certificate[]> {
  return chainOf((await authority.issue({ commonName, use: "client" })).cert);
}

Deno.test("a device is known by the SHA-1 or the SHA-256 thumbprint of its leaf", async () => {
  const root = await Authority.create("root");
  const chain = await leafOf(await root.subordinate("issuing"));
  const [leaf, issuer] = chain;
  assert.ok(leaf && issuer);
  const { sha1, sha256 } = thumbprints(leaf);
  const check = (...known: string[]) => checkClientChain(chain, { thumbprints: known }, new Date());
  assert.equal(check(sha1), "valid");
  assert.equal(check(sha256), "valid");
  assert.equal(check("0".repeat(40), sha256), "valid");
  assert.equal(check("0".repeat(40)), "unknown thumbprint");
  assert.equal(check(thumbprints(issuer).sha256), "unknown thumbprint");
  assert.equal(check(), "unknown thumbprint");
});

Deno.test("thumbprints are taken in any case and with colons", () => {
  const hex = "0123456789abcdef".repeat(4);
  assert.equal(normalThumbprint(hex.toUpperCase()), hex);
  assert.equal(normalThumbprint(hex.replace(/..(?=.)/g, "$&:")), hex);
  assert.equal(normalThumbprint(hex.slice(0, 40)), hex.slice(0, 40));
  for (const bad of ["", "ab", hex + "0", hex.slice(1), "g".repeat(40)]) {
    assert.equal(normalThumbprint(bad), undefined, bad);
  }
});

Deno.test("a certificate counts only within its time, by the given clock", async () => {
  const root = await Authority.create("root");
  const now = Date.now();
  const { cert } = await root.issue({
    commonName: "press-07",
    use: "client",
    notBefore: new Date(now - HOUR),
    notAfter: new Date(now + HOUR),
  });
  const chain = chainOf(cert);
  const rule = { anchors: chainOf(root.pem), commonName: "press-07" };
  const at = (offset: number) => checkClientChain(chain, rule, new Date(now + offset));
  assert.equal(at(0), "valid");
  assert.equal(at(2 * HOUR), "client certificate expired or not yet valid");
  assert.equal(at(-2 * HOUR), "client certificate expired or not yet valid");
});

Deno.test("a chain leads to an anchor directly, through intermediates, or not at all", async () => {
  const root = await Authority.create("root");
  const middle = await root.subordinate("middle");
  const issuing = await middle.subordinate("issuing");
  const chain = await leafOf(issuing);
  const foreign = await Authority.create("root");
  const anchors = chainOf(root.pem);
  const verdict = (presented: X509Certificate[], trusted = anchors) =>
    checkClientChain(presented, { anchors: trusted, commonName: "press-07" }, new Date());

  assert.equal(chain.length, 3);
  assert.equal(verdict(chain), "valid");
  assert.equal(verdict([...chain.slice(0, 1), ...chain.slice(1).reverse()]), "valid");
  assert.equal(verdict(chain, chainOf(middle.pem)), "valid");
  assert.equal(verdict(chain.slice(0, 1), chainOf(issuing.pem)), "valid");
  assert.equal(verdict(chain.slice(0, 2)), "untrusted issuer");
  assert.equal(verdict(chain, chainOf(foreign.pem)), "untrusted issuer");
  assert.equal(verdict(chain, []), "untrusted issuer");
  assert.equal(verdict([]), "no client certificate");
});

Deno.test("a leaf of a trusted authority cannot issue certificates itself", async () => {
  const root = await Authority.create("root");
  const honest = await root.issue({ commonName: "press-08", use: "client" });
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/ca.pem`, honest.cert);
    await Deno.writeTextFile(`${dir}/ca.key`, honest.key, { mode: 0o600 });
    const { stdout } = await new Deno.Command("openssl", {
      args: [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-CA", `${dir}/ca.pem`, "-CAkey", `${dir}/ca.key`, "-keyout", `${dir}/key`],
        ...["-subj", "/CN=press-07"],
      ],
    }).output();
    const forged = chainOf(new TextDecoder().decode(stdout));
    assert.equal(forged.length, 1);
    const rule = { anchors: chainOf(root.pem), commonName: "press-07" };
    const verdict = checkClientChain([...forged, ...chainOf(honest.cert)], rule, new Date());
    assert.equal(verdict, "untrusted issuer");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the common name must be the expected one, its case included", async () => {
  const root = await Authority.create("root");
  const chain = await leafOf(root);
  for (const commonName of ["press-08", "PRESS-07", ""]) {
    const rule = { anchors: chainOf(root.pem), commonName };
    assert.equal(checkClientChain(chain, rule, new Date()), "wrong common name", commonName);
  }
});
