// SPDX-License-Identifier: MIT

/** A connection that moves bytes both ways: a socket, or TLS on top of another transport. */
export interface Transport {
  /** The other end, for messages: `host:port` or a socket's path. */
  readonly peer: string;
  /**
   * Waits for bytes and puts them into `into` (not empty): how many, or `null` when the peer has
   * ended the connection properly. One call at a time. Throws what {@link failure} makes.
   */
  read(into: Uint8Array): Promise<number | null>;
  /** Sends all bytes. May run beside a `read`. Throws what {@link failure} makes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says goodbye, if the protocol has a word for it, and closes. Never throws. */
  end(): Promise<void>;
  /** Closes at once; what is running fails. May be called twice. */
  close(): void;
  /** Whether what is running here keeps the process alive; it does unless told otherwise. */
  hold(isHeld: boolean): void;
  /** The error for a connection that has broken, or for bytes on it that make no sense. */
  failure(message: string, options?: ErrorOptions): Error;
}
