// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { KEY_PAIR_PARAMETERS } from "./parameters.ts";

const show = (name: string, bytes: number[]) =>
  KEY_PAIR_PARAMETERS.get(name)?.show(new Uint8Array(bytes));

Deno.test("the algorithm is shown by its name, everything else as base64", () => {
  assert.equal(show("algorithm", [1, 0, 0, 0]), "ECDSA");
  assert.equal(show("algorithm", [2, 0, 0, 0]), "RSA");
  assert.equal(show("ec-curve-oid", [6, 8, 42, 134, 72, 206, 61, 3, 1, 7]), "BggqhkjOPQMBBw==");
  assert.equal(show("rsa-exponent", [1, 0, 1]), "AQAB");
});

Deno.test("an algorithm that the library made up is an error", () => {
  for (const bytes of [[3, 0, 0, 0], [], [1], [1, 0, 0, 0, 0]]) {
    assert.throws(() => show("algorithm", bytes), /no such algorithm/);
  }
});

Deno.test("names are exact", () => {
  for (const name of ["Algorithm", "ec_point", "", "foo"]) {
    assert.equal(KEY_PAIR_PARAMETERS.get(name), undefined);
  }
});
