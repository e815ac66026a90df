// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { decrypt, encrypt, sign } from "./algorithms.ts";
import { byHandle, createKey, createKeyPair, derive, move } from "./requests.ts";

function read<S extends v.GenericSchema>(schema: S, body: unknown): v.InferOutput<S> {
  return v.parse(schema, body);
}

function refuses(schema: v.GenericSchema, bodies: unknown[]): void {
  for (const body of bodies) {
    assert.ok(!v.safeParse(schema, body).success, JSON.stringify(body));
  }
}

Deno.test("usage is one or several names by commas, their bits or-ed", () => {
  const rows: [usage: string, bits: number][] = [
    ["sign", 1],
    ["derive", 1],
    ["derive,sign", 1],
    ["encrypt", 16],
    ["encrypt,sign", 17],
    ["sign,sign,encrypt", 17],
  ];
  for (const [usage, bits] of rows) {
    assert.equal(read(createKey, { keyId: "a", usage }).usage, bits, usage);
  }
  refuses(
    createKey,
    ["", "verify", "Sign", "sign, derive", " sign", "sign,", ",sign", 1, ["sign"], null]
      .map((usage) => ({ keyId: "a", usage })),
  );
});

Deno.test("a key is imported only when bytes are given", () => {
  const body = { keyId: "a", usage: "sign" };
  assert.equal(read(createKey, body).keyBytes, undefined);
  assert.equal(read(createKey, { ...body, keyBytes: null }).keyBytes, null);
  assert.deepEqual(read(createKey, { ...body, keyBytes: "" }).keyBytes, new Uint8Array());
  assert.deepEqual(read(createKey, { ...body, keyBytes: "AQI=" }).keyBytes, new Uint8Array([1, 2]));
  refuses(createKey, [
    ...["AQI", "AQJ=", "AQI=\n", "_-__", "***", 5, [1, 2], {}]
      .map((keyBytes) => ({ ...body, keyBytes })),
    { usage: "sign" },
    { keyId: "a" },
    { keyId: 5, usage: "sign" },
    { keyId: null, usage: "sign" },
    [],
    ["a", "sign", null],
    null,
    "a",
  ]);
});

Deno.test("the other bodies need their members with their types and ignore unknown ones", () => {
  assert.deepEqual(read(createKeyPair, { keyId: "a", z: 1 }), { keyId: "a" });
  assert.equal(
    read(createKeyPair, { keyId: "a", preferredAlgorithms: null }).preferredAlgorithms,
    null,
  );
  refuses(createKeyPair, [{}, { keyId: true }, { keyId: "a", preferredAlgorithms: 5 }]);
  refuses(move, [{}, { from: 7 }, { form: "x" }]);
  refuses(byHandle, [{}, { keyHandle: null }, { keyHandle: 1 }]);
  refuses(derive, [
    { baseKeyHandle: "h" },
    { keyHandle: "h", derivationData: "AAAA" },
    { baseKeyHandle: "h", derivationData: "AAA" },
  ]);
});

Deno.test("the algorithm decides what the parameters have to be", () => {
  const mac = read(sign, {
    parameters: { message: "AAAA", extra: 1 },
    algorithm: "HMAC-SHA256",
    keyHandle: "h",
  });
  assert.equal(mac.algorithm.name, "HMAC-SHA256");
  assert.deepEqual(mac.message, new Uint8Array(3));
  const ecdsa = read(sign, {
    keyHandle: "h",
    algorithm: "ECDSA",
    parameters: { digest: "AQ==" },
  });
  assert.deepEqual([ecdsa.algorithm.name, ecdsa.message], ["ECDSA", new Uint8Array([1])]);

  const body = { keyHandle: "h", algorithm: "HMAC-SHA256", parameters: { message: "AAAA" } };
  refuses(sign, [
    { ...body, algorithm: "HMAC-SHA512" },
    { ...body, algorithm: "hmac-sha256" },
    { ...body, algorithm: "__proto__" },
    { ...body, algorithm: null },
    { ...body, algorithm: "ECDSA" },
    { ...body, parameters: null },
    { ...body, parameters: ["AAAA"] },
    { ...body, parameters: {} },
    { ...body, parameters: { message: 3 } },
    { ...body, parameters: { message: "AA AA" } },
    { algorithm: "HMAC-SHA256", parameters: { message: "AAAA" } },
    { keyHandle: "h", parameters: { message: "AAAA" } },
    { keyHandle: "h", algorithm: "HMAC-SHA256" },
    null,
    "HMAC-SHA256",
  ]);
});

Deno.test("AEAD needs iv and aad, RSA takes no parameters", () => {
  const aead = { keyHandle: "h", algorithm: "AEAD", parameters: { iv: "AQ==", aad: "" } };
  assert.deepEqual(read(encrypt, { ...aead, plaintext: "Ag==" }).parameters, {
    iv: new Uint8Array([1]),
    aad: new Uint8Array(),
  });
  assert.deepEqual(read(decrypt, { ...aead, ciphertext: "Ag==" }).input, new Uint8Array([2]));
  refuses(encrypt, [
    aead,
    { ...aead, plaintext: "A=" },
    { ...aead, plaintext: "", parameters: { iv: "" } },
    { ...aead, plaintext: "", parameters: { aad: "" } },
    { ...aead, plaintext: "", parameters: undefined },
    { ...aead, plaintext: "", algorithm: "AES" },
  ]);
  refuses(decrypt, [{ ...aead, plaintext: "" }]);

  for (const algorithm of ["RSA-PKCS1", "RSA-NO-PADDING"]) {
    const rsa = { keyHandle: "h", algorithm, plaintext: "AQ==" };
    assert.deepEqual(read(encrypt, rsa).input, new Uint8Array([1]));
    assert.deepEqual(read(encrypt, { ...rsa, parameters: null }).input, new Uint8Array([1]));
    refuses(encrypt, [{}, { x: 1 }, [], "str", 5].map((parameters) => ({ ...rsa, parameters })));
    assert.deepEqual(read(decrypt, { ...rsa, ciphertext: "AQ==" }).algorithm.kinds, []);
  }
});

Deno.test("what is wrong with a body is told without repeating it", () => {
  const secret = "c2VjcmV0IGJ5dGVz!";
  const bodies: [v.GenericSchema, unknown][] = [
    [createKey, { keyId: "a", usage: "sign", keyBytes: secret }],
    [createKey, { keyId: "a", usage: secret }],
    [encrypt, { keyHandle: secret, algorithm: "AEAD", parameters: {}, plaintext: secret }],
    [encrypt, { keyHandle: secret, algorithm: "AEAD", parameters: secret, plaintext: "" }],
  ];
  for (const [schema, body] of bodies) {
    const { issues = [] } = v.safeParse(schema, body);
    assert.ok(issues.length > 0);
    for (const { expected, message, type } of issues) {
      assert.doesNotMatch(expected ?? "", /c2Vj/);
      // Valibot's own messages repeat the value; the service shows only those of our checks.
      if (type === "raw_transform") assert.doesNotMatch(message, /c2Vj/);
    }
  }
});
