// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";
import { type KeyHandle, type KeysClient, keysClient } from "../../../services/keyd/client.ts";
import { look, type Looked } from "./look.ts";

/** A token may think about it. */
const TIMEOUT_MS = 10_000;

/** Many keys of a token that thinks about each must not hold up all other checks. */
const TOTAL_MS = 25_000;

/** A key pair on a curve other than P-256: it works for some uses, and cannot be compared. */
export class OtherCurve extends Error {
  override readonly name = "OtherCurve";
}

/** There was no time left for a key. */
class TooSlow extends Error {
  override readonly name = "TooSlow";

  constructor() {
    super(`not asked for: the others took more than ${TOTAL_MS / 1000} s`);
  }
}

/** Asks keyd for the keys of ids, one after the other; public keys of pairs. */
export async function readKeys(
  ids: readonly string[],
  socket: string,
): Promise<Map<string, Looked<KeyObject | undefined>>> {
  const found = new Map<string, Looked<KeyObject | undefined>>();
  using client = keysClient({ socket, timeoutMs: TIMEOUT_MS });
  const end = performance.now() + TOTAL_MS;
  for (const id of ids) {
    const isLate = performance.now() > end;
    found.set(id, isLate ? { error: new TooSlow() } : await look(() => readKey(id, client)));
  }
  return found;
}

async function readKey(id: string, client: KeysClient): Promise<KeyObject | undefined> {
  let handle: KeyHandle;
  try {
    handle = await client.loadKeyPair(id);
  } catch (cause) {
    // Its kind is known to who uses it only: it may be a symmetric key.
    const isSymmetric = await client.loadKey(id).then(() => true, () => false);
    if (isSymmetric) return undefined;
    throw cause;
  }
  return await publicKey(handle, client);
}

async function publicKey(handle: KeyHandle, client: KeysClient): Promise<KeyObject> {
  const { createPublicKey } = await import("node:crypto");
  const algorithm = await client.keyPairParameter(handle, "algorithm");
  if (algorithm === "RSA") {
    const [n, e] = [
      await client.keyPairParameter(handle, "rsa-modulus"),
      await client.keyPairParameter(handle, "rsa-exponent"),
    ].map((value) => value.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""));
    return createPublicKey({ key: { kty: "RSA", n: n ?? "", e: e ?? "" }, format: "jwk" });
  }
  try {
    const { Buffer } = await import("node:buffer");
    const { spki } = await client.signer(handle);
    return createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  } catch (cause) {
    throw new OtherCurve("not a key on the curve P-256", { cause });
  }
}
