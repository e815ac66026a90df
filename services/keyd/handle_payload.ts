// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { parseJson } from "../http/parse_json.ts";
import type { KeyRef, StoredKey } from "./key_ref.ts";

/** The content of a handle; a derived key names its base by the base's own handle. */
export type Payload = StoredKey | {
  readonly kind: "derived";
  readonly base: string;
  readonly data: Uint8Array;
};

/** The JSON that a handle signs: compact, members in this order, as the existing product has it. */
export function writePayload(ref: KeyRef, nonce: string): string {
  return JSON.stringify({ key_id: keyId(ref), nonce });
}

function keyId(ref: KeyRef): Record<string, unknown> {
  switch (ref.kind) {
    case "key":
      return { Key: ref.id };
    case "pair":
      return { KeyPair: ref.id };
    case "derived":
      return { Derived: [ref.handle, Array.from(ref.data)] };
  }
}

const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));

/** Exactly one variant, so a second member is an error; around it unknown members are none. */
const payloadSchema = v.object({
  key_id: v.union([
    v.pipe(
      v.strictObject({ Key: v.string() }),
      v.transform(({ Key }): Payload => ({ kind: "key", id: Key })),
    ),
    v.pipe(
      v.strictObject({ KeyPair: v.string() }),
      v.transform(({ KeyPair }): Payload => ({ kind: "pair", id: KeyPair })),
    ),
    v.pipe(
      v.strictObject({ Derived: v.strictTuple([v.string(), v.array(byte)]) }),
      v.transform(({ Derived: [base, data] }): Payload => ({
        kind: "derived",
        base,
        data: Uint8Array.from(data),
      })),
    ),
  ]),
  nonce: v.string(),
});

/** Reads what {@link writePayload}, or the existing product, wrote; `undefined` if it is neither. */
export function readPayload(payload: Uint8Array): Payload | undefined {
  let document: unknown;
  try {
    document = parseJson(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload),
    );
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(payloadSchema, document);
  return parsed.success ? parsed.output.key_id : undefined;
}
