// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { inspectKeyFile, type KeyUse } from "./key_file.ts";

async function inspect(content: string | Uint8Array, use: KeyUse) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return await inspectKeyFile(path, use);
  } finally {
    await Deno.remove(path);
  }
}

const PEM = { type: "pkcs8", format: "pem" } as const;
const SPKI = { type: "spki", format: "pem" } as const;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const edwards = generateKeyPairSync("ed25519");

const pkcs8 = String(ec.privateKey.export(PEM));
const sec1 = String(p384.privateKey.export({ type: "sec1", format: "pem" }));
const pkcs1 = String(rsa.privateKey.export({ type: "pkcs1", format: "pem" }));
const encrypted = String(
  ec.privateKey.export({ ...PEM, cipher: "aes-256-cbc", passphrase: "secret" }),
);

for (
  const [what, content, publicKey] of [
    ["a PKCS#8 key", pkcs8, ec.publicKey],
    ["a SEC1 key behind text", `some text\n${sec1}`, p384.publicKey],
    ["a PKCS#1 key", pkcs1, rsa.publicKey],
  ] as const
) {
  Deno.test(`${what} is a key pair`, async () => {
    for (const use of ["pair", "any"] as const) {
      const { problem, publicKey: found } = await inspect(content, use);
      assert.equal(problem, undefined);
      assert.equal(found?.export(SPKI), publicKey.export(SPKI));
    }
    assert.match((await inspect(content, "symmetric")).problem ?? "", /PEM file/);
  });
}

for (
  const [what, content, problem] of [
    ["an empty file", "", /^it is empty$/],
    ["bytes", "k3y", /^it is no PEM file$/],
    ["an encrypted key", encrypted, /^it is encrypted: /],
    [
      "a traditional encrypted key",
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
      /^it is encrypted: /,
    ],
    ["a public key", String(ec.publicKey.export(SPKI)), /^it holds no private key$/],
    [
      "a key of another kind",
      String(edwards.privateKey.export(PEM)),
      /^its key is of type ed25519/,
    ],
    [
      "a torn key",
      pkcs8.replace(/\n.{20}/, "\n"),
      /^it is no private key that can be read$/,
    ],
    ["a large file", new Uint8Array(65 * 1024).fill(65), /^it is larger than 64 KiB$/],
  ] as const
) {
  Deno.test(`${what} is no key pair`, async () => {
    const found = await inspect(content, "pair");
    assert.match(found.problem ?? "", problem);
    assert.equal(found.publicKey, undefined);
  });
}

Deno.test("any bytes are a symmetric key", async () => {
  assert.deepEqual(await inspect("k3y", "symmetric"), {});
  assert.deepEqual(await inspect("k3y", "any"), {});
});

Deno.test("what is no file is told by what it is", async () => {
  const directory = await Deno.makeTempDir();
  try {
    assert.match((await inspectKeyFile(directory, "any")).problem ?? "", /it is a directory/);
    const none = await inspectKeyFile(`${directory}/none`, "any");
    assert.match(none.problem ?? "", /it does not exist/);
    assert.match((await inspectKeyFile("/dev/null", "any")).problem ?? "", /no regular file/);
  } finally {
    await Deno.remove(directory);
  }
});
