// SPDX-License-Identifier: MIT

/** How far a request over the network got before it failed. */
export type TlsPhase =
  /** The host name has no address. */
  | "resolve"
  /** No address accepted a TCP connection. */
  | "connect"
  /** The proxy could not be used or refused the tunnel. */
  | "proxy"
  /** Peer and client could not agree on TLS. */
  | "handshake"
  /** The server's certificate is not good for this host. */
  | "verify"
  /** The server refuses our client certificate or that we have none. */
  | "rejected"
  /** The connection broke, or the answer is malformed or too large. */
  | "transfer"
  /** A time limit passed; the message says which. */
  | "timeout";

/**
 * A request that got no answer. The message is a sentence for the log: it names the peer and what
 * to check, and carries neither headers nor bodies.
 */
export class TlsError extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "TlsError";

  /** `message` names the peer and what to check. */
  constructor(readonly phase: TlsPhase, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A connection that has broken, or an answer that makes no sense. */
export function transferError(message: string, options?: ErrorOptions): TlsError {
  return new TlsError("transfer", message, options);
}
