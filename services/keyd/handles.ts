// SPDX-License-Identifier: MIT

/**
 * Key handles: what a caller presents to use a key. A handle is a bearer capability, the signed
 * name of a key:
 *
 *     sr=<base64 of the payload>&sig=<base64 of HMAC-SHA256(handle validation key, payload)>
 *
 * The format is that of the existing product, so that handles stored by callers stay valid in both
 * directions for as long as the key files stay. Handles never expire and name no uid.
 */

import { decodeBase64, encodeBase64 } from "../http/base64.ts";
import { invalidParameter } from "../http/errors.ts";
import { type Answer, chain } from "./answer.ts";
import { checkCString } from "./c_string.ts";
import { readPayload, writePayload } from "./handle_payload.ts";
import { type KeyRef, RESERVED_ID, type StoredKey } from "./key_ref.ts";

/** Signs and verifies payloads with the handle validation key; failures are the service's own. */
export interface HandleSigner {
  sign(payload: Uint8Array): Answer<Uint8Array>;
  verify(payload: Uint8Array, signature: Uint8Array): Answer<boolean>;
}

/** Makes each handle unlike every other one. */
function randomNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(64));
}

/** Handles whose content is remembered: at most so many, none longer than this. */
const REMEMBERED = 256;
const REMEMBERED_LENGTH = 4096;

/** A handle taken apart; says nothing about whether it is genuine. */
interface Parts {
  payload: Uint8Array;
  signature: Uint8Array;
}

/** The content of a handle that was genuine when it was looked at. */
interface Opened extends Parts {
  ref: KeyRef;
}

/** Makes and opens handles. */
export class Handles {
  readonly #opened = new Map<string, Opened>();

  constructor(readonly signer: HandleSigner, readonly nonce = randomNonce) {}

  /** A new handle for a key. Nothing is stored: handles of one key differ by their nonce only. */
  async make(ref: KeyRef): Promise<string> {
    const payload = new TextEncoder().encode(writePayload(ref, encodeBase64(this.nonce())));
    const signature = await this.signer.sign(payload);
    return `sr=${encodeBase64(payload)}&sig=${encodeBase64(signature)}`;
  }

  /**
   * The key that a handle stands for. Throws a 400 that does not tell a malformed handle from a
   * forged one.
   *
   * What a handle says depends on its text only and is remembered; whether it is genuine depends on
   * the validation key, which may be replaced at any time, and is asked of the library each time.
   * The base of a derived handle is verified when the content is read first: the outer signature,
   * made with the same key, holds for exactly this base.
   */
  open(handle: string): Answer<KeyRef> {
    const known = this.#opened.get(handle);
    if (!known) return this.#openUnknown(handle);
    return chain(this.signer.verify(known.payload, known.signature), (isGenuine) => {
      if (isGenuine) return known.ref;
      this.#opened.delete(handle);
      throw invalidHandle();
    });
  }

  async #openUnknown(handle: string): Promise<KeyRef> {
    const parts = await this.#genuine(handle);
    const ref = await this.#read(parts.payload);
    this.#remember(handle, { ...parts, ref });
    return ref;
  }

  /** Takes a handle apart if its signature is right; the payload is looked at only afterwards. */
  async #genuine(handle: string): Promise<Parts> {
    const parts = split(handle);
    if (!parts || !await this.signer.verify(parts.payload, parts.signature)) throw invalidHandle();
    return parts;
  }

  async #read(payload: Uint8Array): Promise<KeyRef> {
    const content = readPayload(payload);
    if (!content) throw invalidHandle();
    if (content.kind !== "derived") return usable(content);

    const base = readPayload((await this.#genuine(content.base)).payload);
    if (!base) throw invalidHandle();
    if (base.kind === "derived") throw nestedDerivation();
    return { kind: "derived", base: usable(base), handle: content.base, data: content.data };
  }

  #remember(handle: string, opened: Opened): void {
    if (handle.length > REMEMBERED_LENGTH) return;
    if (this.#opened.size >= REMEMBERED) {
      for (const oldest of this.#opened.keys()) {
        this.#opened.delete(oldest);
        break;
      }
    }
    this.#opened.set(handle, opened);
  }
}

/** The error for deriving from a derived key, and for a handle that claims to be such a key. */
export function nestedDerivation(): Error {
  return invalidParameter(
    "handle",
    "nested derived keys are not supported, import the outer derived key first",
  );
}

function invalidHandle(): Error {
  return invalidParameter("handle", "invalid handle");
}

/** Refuses ids that no handle may give access to. */
function usable(ref: StoredKey): StoredKey {
  if (ref.id === RESERVED_ID) throw invalidHandle();
  checkCString(ref.id, "handle");
  return ref;
}

/**
 * Splits a handle at `&`. Of several `sr=` or `sig=` parts the last counts, but each has to be
 * base64; parts with other names are ignored.
 */
function split(handle: string): Parts | undefined {
  let payload: Uint8Array | undefined;
  let signature: Uint8Array | undefined;
  for (const part of handle.split("&")) {
    if (part.startsWith("sr=")) {
      payload = decodeBase64(part.slice(3));
      if (!payload) return undefined;
    } else if (part.startsWith("sig=")) {
      signature = decodeBase64(part.slice(4));
      if (!signature) return undefined;
    }
  }
  return payload && signature ? { payload, signature } : undefined;
}
