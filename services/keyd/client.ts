// SPDX-License-Identifier: MIT

/**
 * The Keys Service as other programs use it: keys by handle, bytes as `Uint8Array`, over the
 * service's unix socket.
 *
 *     const keys = keysClient({ socket: "/run/aziot/keyd.sock" });
 *     const handle = await keys.createKeyIfNotExists("pump-3", "derive,sign");
 *     const signature = await keys.signHmacSha256(handle, message);
 */

import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../http/base64.ts";
import { encodeSegment, type UnixClient, unixClient } from "../http/unix_client.ts";
import { type Log, SILENT } from "../log/log.ts";
import type { Signer } from "../signer.ts";

export type { Log } from "../log/log.ts";
export type { Signer } from "../signer.ts";

/**
 * What gives its holder the use of a key: treat it as a secret. It stays valid as long as the
 * service's key store does and may be stored.
 */
export type KeyHandle = string & { readonly keyHandle: unique symbol };

/** What a symmetric key is for: one or several of `derive`, `sign`, `encrypt`, by commas. */
export type KeyUsage = string;

/** Public parameters of a key pair, all base64 but `algorithm`, which is `ECDSA` or `RSA`. */
export type KeyPairParameter =
  | "algorithm"
  | "ec-curve-oid"
  | "ec-point"
  | "rsa-modulus"
  | "rsa-exponent";

/** How a client reaches the service. */
export interface KeysClientOptions {
  /** Path of the service's socket. */
  socket: string;
  /** Time for one attempt, from connecting to the end of the answer; default 30 s. */
  timeoutMs?: number;
  /** Further attempts after connect errors, I/O errors and timeouts; default none. */
  retries?: number;
  /** Told of attempts that failed; default nobody. */
  log?: Log;
}

/**
 * The Keys Service. Each method rejects with `RemoteError` (status and message) when the service
 * refuses, with `NotConnectedError` when it cannot be reached.
 */
export interface KeysClient extends Disposable {
  /** Makes a symmetric key unless the id has one; answers its handle. */
  createKeyIfNotExists(id: string, usage: KeyUsage): Promise<KeyHandle>;
  /** Stores a symmetric key under an id, over whatever is there. */
  importKey(id: string, usage: KeyUsage, bytes: Uint8Array): Promise<KeyHandle>;
  /** The handle of an existing symmetric key. */
  loadKey(id: string): Promise<KeyHandle>;
  /** Deletes a symmetric key; a missing one is fine. */
  deleteKey(handle: KeyHandle): Promise<void>;
  /**
   * Makes a key pair unless the id has one. `preferredAlgorithms`: names separated by colons, such
   * as `ec-p256:rsa-2048:*`; the default is the service's.
   */
  createKeyPairIfNotExists(id: string, preferredAlgorithms?: string): Promise<KeyHandle>;
  /** The handle of an existing key pair. */
  loadKeyPair(id: string): Promise<KeyHandle>;
  /** Renames a key pair; the pair that has the name `to` is lost. */
  moveKeyPair(from: string, to: string): Promise<void>;
  /** Deletes a key pair; a missing one is fine. */
  deleteKeyPair(handle: KeyHandle): Promise<void>;
  /** A public parameter of a key pair, as the service writes it. */
  keyPairParameter(handle: KeyHandle, name: KeyPairParameter): Promise<string>;
  /** A handle of the key HMAC-SHA256(base key, data); nothing is stored. */
  createDerivedKey(baseHandle: KeyHandle, data: Uint8Array): Promise<KeyHandle>;
  /** The 32 bytes of a derived key. */
  exportDerivedKey(handle: KeyHandle): Promise<Uint8Array>;
  /** HMAC-SHA256 of a message, 32 bytes. */
  signHmacSha256(handle: KeyHandle, message: Uint8Array): Promise<Uint8Array>;
  /** ECDSA signature of a digest, DER (RFC 3279, section 2.2.3). */
  signEcdsa(handle: KeyHandle, digest: Uint8Array): Promise<Uint8Array>;
  /** AES-256-GCM; the answer holds version, ciphertext and tag, not `iv` and `aad`. */
  encryptAead(
    handle: KeyHandle,
    iv: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Uint8Array>;
  /** Reverses {@link encryptAead} with the same `iv` and `aad`. */
  decryptAead(
    handle: KeyHandle,
    iv: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array>;
  /**
   * Private-key operation on a block: with PKCS#1 v1.5 type 1 padding, or on a block as long as the
   * modulus as it is.
   */
  encryptRsa(
    handle: KeyHandle,
    algorithm: "RSA-PKCS1" | "RSA-NO-PADDING",
    block: Uint8Array,
  ): Promise<Uint8Array>;
  /** A key pair as a signer for certificates and TLS; fetches its public parameters. */
  signer(handle: KeyHandle): Promise<Signer>;
  /** Closes the connections that are kept for further requests; so does disposing. */
  close(): void;
}

/** Makes a client; connections are opened as they are needed. */
export function keysClient(options: KeysClientOptions): KeysClient {
  return new UnixKeysClient(options);
}

const QUERY = { "api-version": "2021-05-01" };

const bytesSchema = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }): Uint8Array => {
    const decoded = decodeBase64(dataset.value);
    if (decoded) return decoded;
    addIssue({ message: "not base64 with padding", received: "other text" });
    return NEVER;
  }),
);

// The one place where a text from the service becomes a handle.
const handleSchema = v.object({
  keyHandle: v.custom<KeyHandle>((text) => typeof text === "string"),
});
const keySchema = v.object({ key: bytesSchema });
const valueSchema = v.object({ value: v.string() });
const signatureSchema = v.object({ signature: bytesSchema });
const ciphertextSchema = v.object({ ciphertext: bytesSchema });
const plaintextSchema = v.object({ plaintext: bytesSchema });

type HttpMethod = "GET" | "POST" | "DELETE";

class UnixKeysClient implements KeysClient {
  readonly #http: UnixClient;

  constructor({ socket, timeoutMs = 30_000, retries = 0, log = SILENT }: KeysClientOptions) {
    this.#http = unixClient({ socket, host: "keyd.sock", timeoutMs, retries, log });
  }

  async createKeyIfNotExists(id: string, usage: KeyUsage): Promise<KeyHandle> {
    return (await this.#ask("POST", "/key", { keyId: id, usage }, handleSchema)).keyHandle;
  }

  async importKey(id: string, usage: KeyUsage, bytes: Uint8Array): Promise<KeyHandle> {
    const body = { keyId: id, usage, keyBytes: encodeBase64(bytes) };
    return (await this.#ask("POST", "/key", body, handleSchema)).keyHandle;
  }

  async loadKey(id: string): Promise<KeyHandle> {
    const path = `/key/${encodeSegment(id)}`;
    return (await this.#ask("GET", path, undefined, handleSchema)).keyHandle;
  }

  async deleteKey(handle: KeyHandle): Promise<void> {
    await this.#tell("DELETE", "/key", { keyHandle: handle }, true);
  }

  async createKeyPairIfNotExists(id: string, preferredAlgorithms?: string): Promise<KeyHandle> {
    const body = { keyId: id, preferredAlgorithms };
    return (await this.#ask("POST", "/keypair", body, handleSchema)).keyHandle;
  }

  async loadKeyPair(id: string): Promise<KeyHandle> {
    const path = `/keypair/${encodeSegment(id)}`;
    return (await this.#ask("GET", path, undefined, handleSchema)).keyHandle;
  }

  async moveKeyPair(from: string, to: string): Promise<void> {
    // A move that is done twice fails: its source is gone.
    await this.#tell("POST", `/keypair/${encodeSegment(to)}`, { from }, false);
  }

  async deleteKeyPair(handle: KeyHandle): Promise<void> {
    await this.#tell("DELETE", "/keypair", { keyHandle: handle }, true);
  }

  async keyPairParameter(handle: KeyHandle, name: KeyPairParameter): Promise<string> {
    const path = `/parameters/${encodeSegment(name)}`;
    return (await this.#ask("POST", path, { keyHandle: handle }, valueSchema)).value;
  }

  async createDerivedKey(baseHandle: KeyHandle, data: Uint8Array): Promise<KeyHandle> {
    const body = { baseKeyHandle: baseHandle, derivationData: encodeBase64(data) };
    return (await this.#ask("POST", "/derivedkey", body, handleSchema)).keyHandle;
  }

  async exportDerivedKey(handle: KeyHandle): Promise<Uint8Array> {
    return (await this.#ask("POST", "/derivedkey/export", { keyHandle: handle }, keySchema)).key;
  }

  signHmacSha256(handle: KeyHandle, message: Uint8Array): Promise<Uint8Array> {
    return this.#sign(handle, "HMAC-SHA256", { message: encodeBase64(message) });
  }

  signEcdsa(handle: KeyHandle, digest: Uint8Array): Promise<Uint8Array> {
    return this.#sign(handle, "ECDSA", { digest: encodeBase64(digest) });
  }

  encryptAead(
    handle: KeyHandle,
    iv: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): Promise<Uint8Array> {
    const parameters = { iv: encodeBase64(iv), aad: encodeBase64(aad) };
    return this.#encrypt(handle, "AEAD", plaintext, parameters);
  }

  async decryptAead(
    handle: KeyHandle,
    iv: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array> {
    const body = {
      keyHandle: handle,
      algorithm: "AEAD",
      parameters: { iv: encodeBase64(iv), aad: encodeBase64(aad) },
      ciphertext: encodeBase64(ciphertext),
    };
    return (await this.#ask("POST", "/decrypt", body, plaintextSchema)).plaintext;
  }

  encryptRsa(
    handle: KeyHandle,
    algorithm: "RSA-PKCS1" | "RSA-NO-PADDING",
    block: Uint8Array,
  ): Promise<Uint8Array> {
    return this.#encrypt(handle, algorithm, block);
  }

  async signer(handle: KeyHandle): Promise<Signer> {
    const { kind, spki } = await this.#publicKey(handle);
    return {
      kind,
      spki,
      ecdsa: (digest) => this.signEcdsa(handle, digest),
      rsaPkcs1: (digestInfo) => this.encryptRsa(handle, "RSA-PKCS1", digestInfo),
      rsaRaw: (block) => this.encryptRsa(handle, "RSA-NO-PADDING", block),
    };
  }

  close(): void {
    this.#http.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #publicKey(handle: KeyHandle): Promise<Pick<Signer, "kind" | "spki">> {
    const parameter = async (name: KeyPairParameter): Promise<Uint8Array> =>
      v.parse(bytesSchema, await this.keyPairParameter(handle, name));

    const algorithm = await this.keyPairParameter(handle, "algorithm");
    if (algorithm === "RSA") {
      const [modulus, exponent] = [await parameter("rsa-modulus"), await parameter("rsa-exponent")];
      return { kind: "rsa", spki: await rsaPublicKey(modulus, exponent) };
    }
    if (algorithm !== "ECDSA") throw new Error(`a key pair has the algorithm ${algorithm}`);
    const curve = await parameter("ec-curve-oid");
    if (curve.toHex() !== P256_OID) throw new Error("a key pair has a curve other than P-256");
    return { kind: "ec-p256", spki: await ecPublicKey(await parameter("ec-point")) };
  }

  async #sign(
    keyHandle: KeyHandle,
    algorithm: string,
    parameters: Record<string, string>,
  ): Promise<Uint8Array> {
    const body = { keyHandle, algorithm, parameters };
    return (await this.#ask("POST", "/sign", body, signatureSchema)).signature;
  }

  async #encrypt(
    keyHandle: KeyHandle,
    algorithm: string,
    plaintext: Uint8Array,
    parameters?: Record<string, string>,
  ): Promise<Uint8Array> {
    const body = { keyHandle, algorithm, parameters, plaintext: encodeBase64(plaintext) };
    return (await this.#ask("POST", "/encrypt", body, ciphertextSchema)).ciphertext;
  }

  /** A request with an answer; all of these may be sent twice without harm. */
  async #ask<S extends v.GenericSchema>(
    method: HttpMethod,
    path: string,
    body: unknown,
    schema: S,
  ): Promise<v.InferOutput<S>> {
    const answer = await this.#http.request({
      method,
      path,
      query: QUERY,
      body,
      expect: 200,
      idempotent: true,
    });
    const parsed = v.safeParse(schema, answer);
    if (parsed.success) return parsed.output;
    throw new Error(`the Keys Service gave no usable answer to ${method} ${path}`);
  }

  async #tell(
    method: HttpMethod,
    path: string,
    body: unknown,
    idempotent: boolean,
  ): Promise<void> {
    await this.#http.request({ method, path, query: QUERY, body, expect: 204, idempotent });
  }
}

// `node:crypto` is loaded when a signer is made: it costs six megabytes that others can spare.

/** DER of the object identifier 1.2.840.10045.3.1.7 (RFC 5480, section 2.1.1.1). */
const P256_OID = "06082a8648ce3d030107";

/** DER of a P-256 SubjectPublicKeyInfo up to the uncompressed point, which is 65 bytes. */
const P256_PREFIX = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

/** SubjectPublicKeyInfo from a SEC1 point in any form; throws if it is on no P-256 curve. */
async function ecPublicKey(point: Uint8Array): Promise<Uint8Array> {
  const { ECDH } = await import("node:crypto");
  const full = ECDH.convertKey(point, "prime256v1", undefined, "hex", "uncompressed");
  return Uint8Array.fromHex(`${P256_PREFIX}${full}`);
}

/** SubjectPublicKeyInfo from unsigned big-endian numbers. */
async function rsaPublicKey(modulus: Uint8Array, exponent: Uint8Array): Promise<Uint8Array> {
  const { createPublicKey } = await import("node:crypto");
  const [n, e] = [modulus, exponent].map((number) =>
    number.toBase64({ alphabet: "base64url", omitPadding: true })
  );
  const key = createPublicKey({ key: { kty: "RSA", n, e }, format: "jwk" });
  return new Uint8Array(key.export({ type: "spki", format: "der" }));
}
