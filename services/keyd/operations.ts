// SPDX-License-Identifier: MIT

/**
 * What callers can do with keys. Operations that name a key by its id are authorized by the caller's
 * uid; those that present a handle are not: whoever holds a handle may use, or delete, its key.
 */

import * as v from "valibot";
import { KeysCode } from "../../ffi/keys.ts";
import { invalidParameter, ServiceError } from "../http/errors.ts";
import { type Answer, chain } from "./answer.ts";
import type * as algorithms from "./algorithms.ts";
import type { AuditRecord } from "./audit.ts";
import { checkCString } from "./c_string.ts";
import { type Handles, nestedDerivation } from "./handles.ts";
import { type KeyRef, RESERVED_ID, type StoredKey } from "./key_ref.ts";
import { type Library, LibraryError } from "./library.ts";
import { KEY_PAIR_PARAMETERS } from "./parameters.ts";
import { isAuthorized, type Principal } from "./principals.ts";
import type * as requests from "./requests.ts";

type Body<S extends v.GenericSchema> = v.InferOutput<S>;

/**
 * A handle holds what its key is derived from, a number for each byte. Longer data would make a
 * handle that cannot be read back, or that fits into no body of a request that takes a handle.
 */
const LONGEST_DERIVATION = 240_000;
const LONGEST_HANDLE = 1024 * 1024 - 1024;

/**
 * The operations of the service. Each tells the audit record which key it is about. Those that
 * answer at once when the library does may also throw at once.
 */
export class Operations {
  /** `principals`: those in force now; they may change at any time. */
  constructor(
    readonly library: Library,
    readonly handles: Handles,
    readonly principals: () => readonly Principal[],
  ) {}

  /** Makes a symmetric key unless there is one, or imports one over it; answers its handle. */
  async createKey(body: Body<typeof requests.createKey>, record: AuditRecord): Promise<string> {
    const { keyId: id, usage, keyBytes } = body;
    this.#authorize(record, id);
    checkId(id);
    if (keyBytes) await this.library.importKey(id, keyBytes, usage);
    else await this.library.createKey(id, usage);
    return this.handles.make({ kind: "key", id });
  }

  /** Makes a key pair unless there is one; answers its handle. */
  async createKeyPair(
    body: Body<typeof requests.createKeyPair>,
    record: AuditRecord,
  ): Promise<string> {
    const { keyId: id, preferredAlgorithms } = body;
    this.#authorize(record, id);
    checkId(id);
    if (preferredAlgorithms) checkCString(preferredAlgorithms, "preferred_algorithms");
    await this.library.createKeyPair(id, preferredAlgorithms ?? null);
    return this.handles.make({ kind: "pair", id });
  }

  /** A handle of a key that exists. */
  async load(ref: StoredKey, record: AuditRecord): Promise<string> {
    this.#authorize(record, ref.id);
    checkId(ref.id);
    if (ref.kind === "key") await this.library.loadKey(ref.id);
    else await this.library.loadKeyPair(ref.id);
    return this.handles.make(ref);
  }

  /** Gives a key pair another id; a pair that had it is lost. Symmetric keys cannot be moved. */
  async move(
    kind: StoredKey["kind"],
    from: string,
    to: string,
    record: AuditRecord,
  ): Promise<void> {
    record.ids(from, to);
    if (from === to) throw new ServiceError(400, "source and destination for move are identical");
    if (kind === "key") throw new ServiceError(400, 'invalid type "key"');
    this.#authorize(record, from, to);
    checkId(from, "from");
    checkId(to, "to");
    await this.library.moveKeyPair(from, to);
  }

  /** Deletes the key of a handle of this kind; a missing one is fine. */
  async delete(kind: StoredKey["kind"], handle: string, record: AuditRecord): Promise<void> {
    const { id } = await this.#openStored(kind, handle, record);
    if (kind === "key") await this.library.deleteKey(id);
    else await this.library.deleteKeyPair(id);
  }

  /** A public parameter of a key pair by its name in the API. */
  async parameter(name: string, handle: string, record: AuditRecord): Promise<string> {
    const { id } = await this.#openStored("pair", handle, record);
    const parameter = KEY_PAIR_PARAMETERS.get(name);
    if (!parameter) throw new LibraryError("read a key pair parameter", KeysCode.invalidParameter);
    return parameter.show(await this.library.keyPairParameter(id, parameter.type));
  }

  /** A handle of a key derived from a symmetric one. Nothing is computed or stored yet. */
  async derive(body: Body<typeof requests.derive>, record: AuditRecord): Promise<string> {
    const { baseKeyHandle: handle, derivationData: data } = body;
    const base = await this.#open(handle, record);
    if (base.kind === "derived") throw nestedDerivation();
    if (base.kind === "pair") throw wrongKind("key");
    if (data.length > LONGEST_DERIVATION) throw tooLong();
    const derived = await this.handles.make({ kind: "derived", base, handle, data });
    if (derived.length > LONGEST_HANDLE) throw tooLong();
    return derived;
  }

  /** The bytes of a derived key. */
  async exportDerived(handle: string, record: AuditRecord): Promise<Uint8Array> {
    const ref = await this.#open(handle, record);
    if (ref.kind !== "derived") throw wrongKind("derived");
    return await this.library.deriveKey(ref.base.id, ref.data);
  }

  /** Signs a digest or a message. */
  sign(body: Body<typeof algorithms.sign>, record: AuditRecord): Answer<Uint8Array> {
    const { keyHandle, algorithm, message } = body;
    return chain(
      this.#openFor(algorithm, keyHandle, record),
      (ref) => this.library.sign(ref, algorithm, message),
    );
  }

  /** Encrypts, or does the private-key operation of RSA. */
  encrypt(body: Body<typeof algorithms.encrypt>, record: AuditRecord): Answer<Uint8Array> {
    const { keyHandle, algorithm, parameters, input } = body;
    return chain(
      this.#openFor(algorithm, keyHandle, record),
      (ref) => this.library.encrypt(ref, algorithm, parameters, input),
    );
  }

  /** Decrypts. */
  decrypt(body: Body<typeof algorithms.decrypt>, record: AuditRecord): Answer<Uint8Array> {
    const { keyHandle, algorithm, parameters, input } = body;
    return chain(
      this.#openFor(algorithm, keyHandle, record),
      (ref) => this.library.decrypt(ref, algorithm, parameters, input),
    );
  }

  /** Refuses the reserved id for everybody, and ids that the caller has no principal for. */
  #authorize(record: AuditRecord, ...ids: string[]): void {
    record.ids(...ids);
    if (ids.includes(RESERVED_ID)) {
      throw new ServiceError(400, 'parameter "id" has an invalid value');
    }
    const { uid } = record.peer;
    const refused = ids.find((id) => !isAuthorized(this.principals(), uid, id));
    if (refused === undefined) return;
    throw new ServiceError(401, `user ${uid} is not authorized to access the key ${refused}`);
  }

  #open(handle: string, record: AuditRecord): Answer<KeyRef> {
    return chain(this.handles.open(handle), (ref) => {
      record.ref(ref);
      return ref;
    });
  }

  #openStored(kind: StoredKey["kind"], handle: string, record: AuditRecord): Answer<StoredKey> {
    return chain(this.#open(handle, record), (ref) => {
      if (ref.kind === "derived" || ref.kind !== kind) throw wrongKind(kind);
      return ref;
    });
  }

  #openFor(
    algorithm: { readonly kinds: readonly KeyRef["kind"][] },
    handle: string,
    record: AuditRecord,
  ): Answer<KeyRef> {
    return chain(this.#open(handle, record), (ref) => {
      if (algorithm.kinds.includes(ref.kind)) return ref;
      throw invalidParameter("mechanism", "mechanism cannot be used with this key type");
    });
  }
}

/** The error for derivation data that no handle can hold. */
function tooLong(): ServiceError {
  return invalidParameter("derivation_data", "too long for the handle of a derived key");
}

/** Refuses ids that no key can have; `parameter` is what the error calls it. */
function checkId(id: string, parameter = "id"): void {
  if (id === "") throw invalidParameter(parameter, "a key id must not be empty");
  checkCString(id, parameter);
}

const KIND_NAMES = { key: "a key", pair: "a key pair", derived: "a derived key" } as const;

/** The error for a handle of another kind than the operation works on. */
function wrongKind(wanted: KeyRef["kind"]): ServiceError {
  return invalidParameter("handle", `handle is not for ${KIND_NAMES[wanted]}`);
}
