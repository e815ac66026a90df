// SPDX-License-Identifier: MIT

/**
 * Binding of `libaziot_tls.so` (`ffi/tls/atls.h`): TLS without a socket. Every call is a blocking
 * one from the main thread: none of them waits, and a paused handshake belongs to its thread.
 */

import { libraryPath } from "./library_path.ts";

const SYMBOLS = {
  atls_ctx_new: {
    parameters: ["buffer", "u32", "i32", "i32", "i32", "buffer", "u32", "buffer", "u32"],
    result: "u32",
  },
  atls_ctx_free: { parameters: ["u32"], result: "i32" },
  atls_new: { parameters: ["u32", "buffer", "i32"], result: "u32" },
  atls_free: { parameters: ["u32"], result: "i32" },
  atls_feed: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  atls_drain: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  atls_handshake: { parameters: ["u32"], result: "i32" },
  atls_read: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  atls_write: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  atls_shutdown: { parameters: ["u32"], result: "i32" },
  atls_info: { parameters: ["u32", "buffer", "u32"], result: "i32" },
  atls_error: { parameters: ["u32", "buffer", "u32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Results of the C functions that are no counts. */
const AGAIN = 0;
const FAILED = -1;
const CLOSED = -2;

/** Protocol versions as on the wire; 0 leaves the choice to the library. */
const WIRE_VERSION: Record<TlsVersion | "", number> = { "": 0, "1.2": 0x0303, "1.3": 0x0304 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A version of TLS that the library offers. */
export type TlsVersion = "1.2" | "1.3";

/** How a {@link TlsContext} is made. */
export interface ContextOptions {
  /** Trust what OpenSSL trusts by default: `SSL_CERT_FILE`, `SSL_CERT_DIR`, else the system's. */
  system: boolean;
  /** PEM of certificates that are trusted in addition; empty for none. */
  extra: string;
  /** Lowest and highest version; absent: 1.2 and 1.3. */
  versions?: { min?: TlsVersion; max?: TlsVersion };
}

/** `done` or bytes to move first (`again`: feed; `closed`: the peer has said goodbye). */
export type Outcome = "done" | "again" | "closed";

/** A server certificate that was refused. */
export interface RefusedCertificate {
  /** 0 for the server's own, more for its issuers. */
  depth: number;
  /** Distinguished name as RFC 2253 text. */
  subject: string;
  /** The same of whoever signed it. */
  issuer: string;
  /** Start of validity (RFC 3339); `undefined` when it cannot be read. */
  notBefore: string | undefined;
  /** End of validity (RFC 3339); `undefined` when it cannot be read. */
  notAfter: string | undefined;
  /** `DNS:a, IP:192.0.2.1`; empty without alternative names. */
  names: string;
}

/** Why a connection failed. */
export interface SessionFailure {
  /** Verification, an alert of the peer's, or anything else. */
  kind: "verify" | "alert" | "protocol";
  /** `X509_V_ERR_*`, the alert's number (RFC 8446, section 6), or `SSL_R_*`. */
  code: number;
  /** OpenSSL's words for it. */
  text: string;
  /** Whether the server asked for a client certificate. */
  certificateAsked: boolean;
  /** The certificate at fault, if verification failed. */
  certificate: RefusedCertificate | undefined;
}

/** What a finished handshake has agreed on. */
export interface SessionInfo {
  /** `TLSv1.2` or `TLSv1.3`. */
  version: string;
  /** OpenSSL's name of the cipher suite. */
  cipher: string;
  /** Where the certificate names the host: only old ones do so in the common name alone. */
  names: "san" | "address" | "common-name";
  /** Whether the server asked for a client certificate. */
  certificateAsked: boolean;
}

/** Thrown by a {@link TlsSession} whose connection has failed; it stays failed. */
export class SessionError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "SessionError";

  /** The message is OpenSSL's text; the rest is in `failure`. */
  constructor(readonly failure: SessionFailure) {
    super(failure.text);
  }
}

let opened: TlsLibrary | undefined;

/**
 * The library, opened at the first call; its FFI permission is given back at once. A daemon calls
 * this at start, a test file at its top (the library stays open, which a test would count as a
 * leak).
 */
export function openTls(): TlsLibrary {
  if (!opened) {
    const path = libraryPath("libaziot_tls.so");
    opened = new TlsLibrary(Deno.dlopen(path, SYMBOLS).symbols);
    Deno.permissions.revokeSync({ name: "ffi", path });
  }
  return opened;
}

/** The opened library. */
export class TlsLibrary {
  readonly #library: Library;

  /** For {@link openTls}. */
  constructor(library: Library) {
    this.#library = library;
  }

  /** Reads the trust anchors; throws with the reason when they are unusable. Costs some 50 ms. */
  context(options: ContextOptions): TlsContext {
    const extra = encoder.encode(options.extra);
    const reason = new Uint8Array(512);
    const handle = this.#library.atls_ctx_new(
      extra,
      extra.length,
      options.system ? 1 : 0,
      WIRE_VERSION[options.versions?.min ?? ""],
      WIRE_VERSION[options.versions?.max ?? ""],
      null,
      0,
      reason,
      reason.length,
    );
    if (handle === 0) throw new Error(`TLS cannot be set up: ${textOf(reason)}`);
    return new TlsContext(this.#library, handle);
  }
}

/** Trust anchors and versions that connections share. */
export class TlsContext {
  readonly #library: Library;
  readonly #handle: number;

  /** For {@link TlsLibrary}. */
  constructor(library: Library, handle: number) {
    this.#library = library;
    this.#handle = handle;
  }

  /**
   * Starts a connection to `host`, an ASCII name or, if `isAddress`, an IP address without
   * brackets. Throws when it is neither.
   */
  session(host: string, isAddress: boolean): TlsSession {
    if (host.includes("\0")) throw new TypeError("a host name has no NUL");
    const handle = this.#library.atls_new(
      this.#handle,
      encoder.encode(`${host}\0`),
      isAddress ? 1 : 0,
    );
    if (handle === 0) {
      throw new Error(`TLS to ${host} cannot be started: ${errorFields(this.#library, 0).text}`);
    }
    return new TlsSession(this.#library, handle);
  }

  /** Frees the anchors as soon as no connection needs them any more. May be called twice. */
  [Symbol.dispose](): void {
    this.#library.atls_ctx_free(this.#handle);
  }
}

/** One TLS connection. Each call may leave bytes to send behind: {@link drain} them. */
export class TlsSession {
  readonly #library: Library;
  readonly #handle: number;

  /** For {@link TlsContext}. */
  constructor(library: Library, handle: number) {
    this.#library = library;
    this.#handle = handle;
  }

  /** Takes bytes that the network sent. */
  feed(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const taken = this.#library.atls_feed(this.#handle, bytes, bytes.length);
    if (taken !== bytes.length) throw new Error(`the TLS library did not take the input: ${taken}`);
  }

  /** Fills `into` with bytes for the network; answers how many there were. */
  drain(into: Uint8Array): number {
    return Math.max(0, this.#library.atls_drain(this.#handle, into, into.length));
  }

  /** Goes on with the handshake. */
  handshake(): Outcome {
    const result = this.#library.atls_handshake(this.#handle);
    return result > 0 ? "done" : this.#outcome(result);
  }

  /** Decrypts into `into` (not empty): how many bytes, or why none. */
  read(into: Uint8Array): number | Exclude<Outcome, "done"> {
    const result = this.#library.atls_read(this.#handle, into, into.length);
    return result > 0 ? result : this.#outcome(result);
  }

  /** Encrypts a first part of `bytes` (not empty): how many, or why none. */
  write(bytes: Uint8Array): number | Exclude<Outcome, "done"> {
    const result = this.#library.atls_write(this.#handle, bytes, bytes.length);
    return result > 0 ? result : this.#outcome(result);
  }

  /** Says goodbye to the peer, if the handshake was finished. */
  shutdown(): void {
    this.#library.atls_shutdown(this.#handle);
  }

  /** What was agreed; for use after the handshake. */
  info(): SessionInfo {
    const out = new Uint8Array(512);
    this.#library.atls_info(this.#handle, out, out.length);
    const fields = fieldsOf(out);
    const names = fields["names"];
    return {
      version: fields["version"] ?? "",
      cipher: fields["cipher"] ?? "",
      names: names === "address" || names === "common-name" ? names : "san",
      certificateAsked: fields["client-certificate"] === "asked",
    };
  }

  /** Ends the session; every later call fails cleanly. May be called twice. */
  [Symbol.dispose](): void {
    this.#library.atls_free(this.#handle);
  }

  #outcome(result: number): Exclude<Outcome, "done"> {
    if (result === AGAIN) return "again";
    if (result === CLOSED) return "closed";
    if (result === FAILED) throw new SessionError(errorFields(this.#library, this.#handle));
    throw new Error(`the TLS session cannot be used any more: ${result}`);
  }
}

function errorFields(library: Library, handle: number): SessionFailure {
  const out = new Uint8Array(4096);
  library.atls_error(handle, out, out.length);
  const fields = fieldsOf(out);
  const kind = fields["kind"];
  return {
    kind: kind === "verify" || kind === "alert" ? kind : "protocol",
    code: Number(fields["code"] ?? 0),
    text: fields["text"] ?? "",
    certificateAsked: fields["client-certificate"] === "asked",
    certificate: fields["subject"] === undefined ? undefined : {
      depth: Number(fields["depth"] ?? 0),
      subject: fields["subject"],
      issuer: fields["issuer"] ?? "",
      notBefore: fields["not-before"],
      notAfter: fields["not-after"],
      names: fields["names"] ?? "",
    },
  };
}

/** Lines `key=value`; the library keeps line ends out of values. */
function fieldsOf(out: Uint8Array): Partial<Record<string, string>> {
  const fields: Partial<Record<string, string>> = Object.create(null);
  for (const line of textOf(out).split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1);
  }
  return fields;
}

/** The text of a NUL-terminated buffer. */
function textOf(out: Uint8Array): string {
  const end = out.indexOf(0);
  return decoder.decode(end < 0 ? out : out.subarray(0, end));
}
