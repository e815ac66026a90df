// SPDX-License-Identifier: MIT

/**
 * The request target as the caller sent it. `Request.url` keeps every byte of it, while `new URL`
 * would normalise (`..`, `\`, `%41`) and with it change which key a path names; so it is cut here.
 */

import { decodeUtf8 } from "./utf8.ts";

/** A target in its parts, nothing decoded. */
export interface Target {
  /** From the first `/` on, without query and fragment; empty for `OPTIONS *`-like targets. */
  readonly path: string;
  /** Without the `?`; empty when there is none. */
  readonly query: string;
  /** As it is logged: path and query with the `?`. */
  readonly text: string;
}

const SCHEME = "http://";
const HOST = /^[A-Za-z0-9.:_[\]%-]*$/;

/**
 * Whether a `Host` value can stand in a URL without moving the border between host and path.
 */
export function isPlainHost(host: string): boolean {
  return HOST.test(host);
}

/**
 * The target in the platform's URL of a request, which is scheme, host and target, or the target
 * itself in absolute form. `undefined`: another scheme, so a proxy's request.
 */
export function targetOf(url: string): Target | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  let start = SCHEME.length;
  while (start < url.length && !isBorder(url.charCodeAt(start))) start++;
  const hash = url.indexOf("#", start);
  const text = url.slice(start, hash < 0 ? undefined : hash);
  const mark = text.indexOf("?");
  return mark < 0
    ? { path: text, query: "", text }
    : { path: text.slice(0, mark), query: text.slice(mark + 1), text };
}

function isBorder(code: number): boolean {
  return code === 0x2f || code === 0x3f || code === 0x23; // "/", "?", "#"
}

/**
 * A path segment percent-decoded as UTF-8: `+` stays `+`, a `%` without two hexadecimal digits
 * stays as it is. `undefined`: not UTF-8, so no name that anything could have.
 */
export function decodeSegment(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  const bytes = new TextEncoder().encode(segment);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const high = byte === 0x25 ? hexDigit(bytes[at + 1]) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[at + 2]);
    if (low < 0) {
      bytes[length++] = byte;
    } else {
      bytes[length++] = high * 16 + low;
      at += 2;
    }
  }
  try {
    return decodeUtf8(bytes.subarray(0, length));
  } catch {
    return undefined;
  }
}

function hexDigit(code = 0): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
