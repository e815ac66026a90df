// SPDX-License-Identifier: MIT

import { DEFAULT_AUTH_KEY_INDEX, DEFAULT_TCTI, type Tpm } from "./model.ts";
import type { Section } from "./section.ts";

const MAX_INDEX = 0x7f_ff_ff;

/** The settings of a TPM service. */
export function tpm(section: Section | undefined): Tpm {
  const authorization = section?.section("hierarchy_authorization");
  return {
    isSet: Object.keys(section?.table ?? {}).length > 0,
    tcti: (section && cText(section, "tcti")) ?? DEFAULT_TCTI,
    authKeyIndex: section ? authKeyIndex(section) : DEFAULT_AUTH_KEY_INDEX,
    endorsement: (authorization && cText(authorization, "endorsement")) ?? "",
    owner: (authorization && cText(authorization, "owner")) ?? "",
  };
}

function authKeyIndex(section: Section): number {
  const index = section.integer("auth_key_index", "u32") ?? DEFAULT_AUTH_KEY_INDEX;
  if (index <= MAX_INDEX) return index;
  return section.fail("auth_key_index", "expected an integer in range 0x00_00_00..=0x7F_FF_FF");
}

/** A text without NUL, or the list of its bytes, as which the field's own tool writes it. */
function cText(section: Section, key: string): string | undefined {
  const value = section.table[key];
  const text = Array.isArray(value) ? fromBytes(section, key, value) : section.text(key);
  if (text?.includes("\0")) section.fail(key, "a NUL is not possible here");
  return text;
}

function fromBytes(section: Section, key: string, items: readonly unknown[]): string {
  const bytes = items.filter((item) =>
    typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= 255
  );
  if (bytes.length !== items.length) {
    section.fail(key, "expected a string, or an array of its bytes (0 to 255)");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes.map(Number)));
  } catch {
    return section.fail(key, "the bytes are not UTF-8");
  }
}
