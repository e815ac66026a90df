// SPDX-License-Identifier: MIT

/** Compares answers of the Identity Service with recorded ones. */

/**
 * An answer's body as text, without what is never twice the same: nonces of handles, and the order
 * of a list. The order of members stays: clients may depend on it.
 */
export function comparableText(body: string): string {
  return JSON.stringify(comparable(JSON.parse(body)));
}

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(comparable).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === "keyHandle" ? handlePayload(member) : comparable(member),
    ]),
  );
}

/** What a handle says, down to the key that a derived one is made of. */
function handlePayload(handle: string): unknown {
  const payload = /^sr=([^&]+)&sig=/.exec(handle)?.[1] ?? "";
  const { key_id } = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(payload)));
  const [kind = "", id] = Object.entries(key_id)[0] ?? [];
  return kind === "Derived" && Array.isArray(id)
    ? { [kind]: [handlePayload(id[0]), new TextDecoder().decode(Uint8Array.from(id[1]))] }
    : key_id;
}
