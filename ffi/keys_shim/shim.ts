// SPDX-License-Identifier: MIT

/** The functions of `libaziot_keys_shim.so`, described in `keys_shim.h`. */

import type { KeysFunctions } from "../keys_functions.ts";

const OPEN = {
  aks_open: { parameters: ["buffer", "buffer", "usize"], result: "u32" },
  aks_version: { parameters: [], result: "u32" },
  aks_may_overlap: { parameters: [], result: "u32" },
} as const;

const CALLS = {
  aks_set_parameter: { parameters: ["buffer", "buffer"], result: "u32" },
  aks_create_key_pair_if_not_exists: { parameters: ["buffer", "buffer"], result: "u32" },
  aks_move_key_pair: { parameters: ["buffer", "buffer"], result: "u32" },
  aks_load_key_pair: { parameters: ["buffer"], result: "u32" },
  aks_get_key_pair_parameter: { parameters: ["buffer", "u32", "buffer", "buffer"], result: "u32" },
  aks_delete_key_pair: { parameters: ["buffer"], result: "u32" },
  aks_create_key_if_not_exists: { parameters: ["buffer", "u32"], result: "u32" },
  aks_load_key: { parameters: ["buffer"], result: "u32" },
  aks_import_key: { parameters: ["buffer", "buffer", "usize", "u32"], result: "u32" },
  aks_delete_key: { parameters: ["buffer"], result: "u32" },
  aks_derive_key: { parameters: ["buffer", "buffer", "usize", "buffer", "buffer"], result: "u32" },
  // deno-fmt-ignore
  aks_sign: {
    parameters: ["buffer", "u32", "buffer", "usize", "buffer", "usize", "buffer", "buffer"],
    result: "u32",
  },
  // deno-fmt-ignore
  aks_verify: {
    parameters: ["buffer", "u32", "buffer", "usize", "buffer", "usize", "buffer"],
    result: "u32",
  },
  // deno-fmt-ignore
  aks_encrypt: {
    parameters: [
      "buffer", "u32", "buffer", "usize", "buffer", "usize", "buffer", "usize",
      "buffer", "usize", "buffer", "buffer",
    ],
    result: "u32",
  },
  // deno-fmt-ignore
  aks_decrypt: {
    parameters: [
      "buffer", "u32", "buffer", "usize", "buffer", "usize", "buffer", "usize",
      "buffer", "usize", "buffer", "buffer",
    ],
    result: "u32",
  },
} as const;

type Calls = Deno.DynamicLibrary<typeof CALLS>["symbols"];

/** The functions of the shim that call the keys library, of either form. */
type Shim = {
  [Name in keyof Calls]: (...args: Parameters<Calls[Name]>) => number | Promise<number>;
};

/** A result that is there already in the blocking form. */
type Answer<T> = T | Promise<T>;

/** {@link KeysFunctions} of either form. */
type Functions = {
  [Name in keyof KeysFunctions]: (
    ...args: Parameters<KeysFunctions[Name]>
  ) => Answer<ReturnType<KeysFunctions[Name]>>;
};

/** Room for any signature, public parameter and derived key of a key that is in use somewhere. */
const RESULT_ROOM = 1024;
/** By how much a ciphertext is longer than its plaintext, a block to spare included. */
const CIPHERTEXT_ROOM = 64;

const NOTHING = new Uint8Array(0);
const scratch = new Uint8Array(RESULT_ROOM);
const scratchSize = new BigUint64Array(1);
const RSA_MECHANISMS: readonly number[] = [2, 3];

/** The shim, its functions in both forms. The permission to open it again is given up. */
export function openShim(path: string): {
  load(library: string): { code: number; fault: string };
  version(): number;
  mayOverlap(): boolean;
  blocking: Shim;
  nonblocking: Shim;
} {
  const open = Deno.dlopen(path, OPEN).symbols;
  const blocking = Deno.dlopen(path, CALLS).symbols;
  const nonblocking = Deno.dlopen(path, nonblockingCalls()).symbols;
  Deno.permissions.revokeSync({ name: "ffi", path });
  return {
    load(library) {
      const fault = new Uint8Array(4096);
      const code = open.aks_open(text(library), fault, BigInt(fault.length));
      return { code, fault: new TextDecoder().decode(fault.subarray(0, fault.indexOf(0))) };
    },
    version: () => open.aks_version(),
    mayOverlap: () => open.aks_may_overlap() === 1,
    blocking,
    nonblocking,
  };
}

/**
 * The functions of the keys library as the rest of the product calls them. `isBlocking`: nothing
 * else happens between a call and its answer.
 */
export function functionsOf(shim: Shim, isBlocking: boolean): Functions {
  const collectResult = isBlocking ? collectSmall : collect;
  return {
    setParameter: (name, value) => shim.aks_set_parameter(text(name), textOrNull(value)),
    createKeyPairIfNotExists: (id, algorithms) =>
      shim.aks_create_key_pair_if_not_exists(text(id), textOrNull(algorithms)),
    moveKeyPair: (from, to) => shim.aks_move_key_pair(text(from), text(to)),
    loadKeyPair: (id) => shim.aks_load_key_pair(text(id)),
    getKeyPairParameter(id, type) {
      const name = text(id);
      return collectResult(
        RESULT_ROOM,
        (out, size) => shim.aks_get_key_pair_parameter(name, u32(type), out, size),
      );
    },
    deleteKeyPair: (id) => shim.aks_delete_key_pair(text(id)),
    createKeyIfNotExists: (id, usage) => shim.aks_create_key_if_not_exists(text(id), u32(usage)),
    loadKey: (id) => shim.aks_load_key(text(id)),
    importKey: (id, bytes, usage) =>
      shim.aks_import_key(text(id), bytes, BigInt(bytes.length), u32(usage)),
    deleteKey: (id) => shim.aks_delete_key(text(id)),
    deriveKey(id, data) {
      const name = text(id);
      const n = BigInt(data.length);
      return collectResult(
        RESULT_ROOM,
        (out, size) => shim.aks_derive_key(name, data, n, out, size),
      );
    },
    sign(id, mechanism, digest, derivation = NOTHING) {
      const name = text(id);
      const dn = BigInt(derivation.length);
      const n = BigInt(digest.length);
      return collectResult(
        RESULT_ROOM,
        (out, size) => shim.aks_sign(name, u32(mechanism), derivation, dn, digest, n, out, size),
      );
    },
    verify(id, mechanism, digest, signature) {
      const ok = new Int32Array(1);
      const n = BigInt(digest.length);
      const sn = BigInt(signature.length);
      return then(
        shim.aks_verify(text(id), u32(mechanism), digest, n, signature, sn, ok),
        (code) => ({ code, ok: code === 0 && ok[0] === 1 }),
      );
    },
    encrypt(id, mechanism, plaintext, { derivation = NOTHING, iv = NOTHING, aad = NOTHING } = {}) {
      const name = text(id);
      const room = RSA_MECHANISMS.includes(mechanism)
        ? RESULT_ROOM
        : plaintext.length + CIPHERTEXT_ROOM;
      // deno-fmt-ignore
      return collectResult(room, (out, size) => shim.aks_encrypt(
        name, u32(mechanism), derivation, BigInt(derivation.length), iv, BigInt(iv.length),
        aad, BigInt(aad.length), plaintext, BigInt(plaintext.length), out, size,
      ));
    },
    decrypt(id, mechanism, ciphertext, { derivation = NOTHING, iv = NOTHING, aad = NOTHING } = {}) {
      const name = text(id);
      // deno-fmt-ignore
      return collectResult(ciphertext.length, (out, size) => shim.aks_decrypt(
        name, u32(mechanism), derivation, BigInt(derivation.length), iv, BigInt(iv.length),
        aad, BigInt(aad.length), ciphertext, BigInt(ciphertext.length), out, size,
      ));
    },
  };
}

type Call = (
  out: Uint8Array<ArrayBuffer>,
  size: BigUint64Array<ArrayBuffer>,
) => Answer<number>;

/**
 * Calls a function that hands out bytes with `room` bytes for them. One that says it needs more
 * gets that; a key may be replaced by a larger one meanwhile, but not for ever.
 */
function collect(
  room: number,
  call: Call,
  tries = 3,
): Answer<{ code: number; bytes: Uint8Array }> {
  const out = new Uint8Array(room);
  const size = new BigUint64Array([BigInt(room)]);
  return then(call(out, size), (code) => {
    const needed = Number(size[0]);
    if (code === 0) return { code, bytes: out.subarray(0, needed) };
    if (code === 1 && needed > room && tries > 1) return collect(needed, call, tries - 1);
    return { code, bytes: NOTHING };
  });
}

/** {@link collect} for small results of blocking calls, without an allocation for nothing. */
function collectSmall(room: number, call: Call): Answer<{ code: number; bytes: Uint8Array }> {
  if (room > scratch.length) return collect(room, call);
  scratchSize[0] = BigInt(scratch.length);
  return then(call(scratch, scratchSize), (code) => {
    const needed = Number(scratchSize[0]);
    if (code === 1 && needed > scratch.length) return collect(needed, call);
    if (code !== 0) return { code, bytes: NOTHING };
    const bytes = scratch.slice(0, needed);
    // It may have been a derived key.
    scratch.fill(0, 0, needed);
    return { code, bytes };
  });
}

function then<T, U>(value: Answer<T>, next: (value: T) => Answer<U>): Answer<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Ids that were used last, encoded: the same few come again and again. */
const encoded = new Map<string, Uint8Array<ArrayBuffer>>();
const ENCODED_LIMIT = 256;
/** Longer texts are not remembered: they come from callers, and a few of them would fill a heap. */
const ENCODED_LENGTH = 256;

function text(value: string): Uint8Array<ArrayBuffer> {
  const known = encoded.get(value);
  if (known) return known;
  if (value.includes("\0")) throw new TypeError("a text with a NUL cannot be handed to C");
  const bytes = new TextEncoder().encode(value + "\0");
  if (value.length > ENCODED_LENGTH) return bytes;
  if (encoded.size === ENCODED_LIMIT) encoded.clear();
  encoded.set(value, bytes);
  return bytes;
}

function textOrNull(value: string | null): Uint8Array<ArrayBuffer> | null {
  return value === null ? null : text(value);
}

/** V8's fast calls would cut a number silently. */
function u32(value: number): number {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`${value} is no unsigned 32-bit number`);
  }
  return value;
}

/** {@link CALLS}, each on a thread of its own. */
function nonblockingCalls() {
  type Nonblocking = {
    [Name in keyof typeof CALLS]: (typeof CALLS)[Name] & { nonblocking: true };
  };
  const entries = Object.entries(CALLS).map(([name, call]) => [
    name,
    { ...call, nonblocking: true },
  ]);
  // fromEntries() forgets which name has which parameters.
  return Object.fromEntries(entries) as Nonblocking;
}
