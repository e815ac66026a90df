// SPDX-License-Identifier: MIT

import { KeyPairParameter as Type } from "../../ffi/keys.ts";
import { encodeBase64 } from "../http/base64.ts";

/** A public parameter of a key pair: its number at the keys library, and its form in an answer. */
export interface KeyPairParameter {
  readonly type: number;
  /** Throws when the library handed out something else than the parameter. */
  readonly show: (value: Uint8Array) => string;
}

/** The names of POST `/parameters/{name}`. */
export const KEY_PAIR_PARAMETERS: ReadonlyMap<string, KeyPairParameter> = new Map([
  ["algorithm", { type: Type.algorithm, show: algorithmName }],
  ["ec-curve-oid", { type: Type.ecCurveOid, show: encodeBase64 }],
  ["ec-point", { type: Type.ecPoint, show: encodeBase64 }],
  ["rsa-modulus", { type: Type.rsaModulus, show: encodeBase64 }],
  ["rsa-exponent", { type: Type.rsaExponent, show: encodeBase64 }],
]);

const ALGORITHMS = new Map([[1, "ECDSA"], [2, "RSA"]]);

/** An unsigned int in the byte order of the machine: little-endian on all that Deno runs on. */
function algorithmName(value: Uint8Array): string {
  const number = value.length === 4
    ? new DataView(value.buffer, value.byteOffset).getUint32(0, true)
    : undefined;
  const name = number === undefined ? undefined : ALGORITHMS.get(number);
  if (name === undefined) {
    throw new Error(`the keys library has no such algorithm: ${value.toHex()}`);
  }
  return name;
}
