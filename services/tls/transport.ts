// SPDX-License-Identifier: MIT

/** A connection that moves bytes both ways: TCP, or TLS on top of another transport. */
export interface Transport {
  /** `host:port` of the other end, for messages. */
  readonly peer: string;
  /**
   * Waits for bytes and puts them into `into` (not empty): how many, or `null` when the peer has
   * ended the connection properly. One call at a time. Throws `TlsError`.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Sends all bytes. May run beside a `read`. Throws `TlsError`. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says goodbye, if the protocol has a word for it, and closes. Never throws. */
  end(): Promise<void>;
  /** Closes at once; what is running fails. May be called twice. */
  close(): void;
}
