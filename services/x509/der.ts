// SPDX-License-Identifier: MIT

/** Writes the few kinds of DER (X.690) that certificate requests are made of. */

/** A value with its tag and length. */
export type Der = Uint8Array<ArrayBuffer>;

/** SEQUENCE of these values in this order. */
export function sequence(...values: Uint8Array[]): Der {
  return tagged(0x30, ...values);
}

/** SET of one value; of several the order would matter. */
export function setOf(value: Uint8Array): Der {
  return tagged(0x31, value);
}

/** Whatever stands here, under a context-specific tag: constructed, below 31. */
export function context(tag: number, ...values: Uint8Array[]): Der {
  return tagged(0xa0 | tag, ...values);
}

/** Bytes under a context-specific tag that replaces their own: primitive, below 31. */
export function contextBytes(tag: number, bytes: Uint8Array): Der {
  return tagged(0x80 | tag, bytes);
}

/** OBJECT IDENTIFIER from its dotted form; its arcs have to be right. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc & 0x7f];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
    digits.unshift(0x80 | left & 0x7f);
  }
  return digits;
}

/** UTF8String. */
export function utf8String(text: string): Der {
  return tagged(0x0c, new TextEncoder().encode(text));
}

/** OCTET STRING. */
export function octetString(bytes: Uint8Array): Der {
  return tagged(0x04, bytes);
}

/** BIT STRING; `unused`: how many bits at its end do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return tagged(0x03, Uint8Array.of(unused), bytes);
}

/** INTEGER 0. */
export const ZERO: Der = Uint8Array.of(0x02, 1, 0);

/** BOOLEAN TRUE. */
export const TRUE: Der = Uint8Array.of(0x01, 1, 0xff);

/** NULL. */
export const NULL: Der = Uint8Array.of(0x05, 0);

function tagged(tag: number, ...contents: Uint8Array[]): Der {
  const length = contents.reduce((sum, { length }) => sum + length, 0);
  const head = [tag, ...lengthOctets(length)];
  const value = new Uint8Array(head.length + length);
  value.set(head);
  let at = head.length;
  for (const content of contents) {
    value.set(content, at);
    at += content.length;
  }
  return value;
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left & 0xff);
  return [0x80 | octets.length, ...octets];
}
