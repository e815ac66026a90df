// SPDX-License-Identifier: MIT

/** Writes HTTP/1.1 requests (RFC 9112) with exactly the headers that the caller names. */

/** What is asked of a server. */
export interface RequestParts {
  /** Sent as it is; methods are case-sensitive. */
  method: string;
  /**
   * Header names, in the case and order in which they are sent; `host` and, with a body,
   * `content-length` follow them. Nothing else is added.
   */
  headers: Readonly<Record<string, string>>;
  /** Absent: no body, and no `content-length` either. */
  body?: Uint8Array;
}

/** Where a request goes, as far as it is written into it. */
export interface RequestTarget {
  /** Value of the `host` header. */
  authority: string;
  /** Path and query, escaped. */
  path: string;
}

/** A token of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Printable ASCII, spaces and tabs inside only: nothing that could begin another line. */
const VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?$/;

/** A target in origin form as it stands in the first line. */
const PATH = /^\/[\x21-\x7e]*$/;

/** Headers that frame the message or ask for what this client does not do. */
const OURS: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  "te",
  "trailer",
  "upgrade",
]);

/**
 * The bytes of a request in origin form, head and body in one piece. Throws `TypeError` for a
 * method, path or header that cannot be sent; it names the header, never its value.
 */
export function encodeRequest(
  target: RequestTarget,
  parts: RequestParts,
): Uint8Array {
  const { method, headers, body } = parts;
  if (!TOKEN.test(method)) throw new TypeError("the request's method is not a token");
  if (!PATH.test(target.path)) throw new TypeError("the request's path is not escaped");
  const lines = [`${method} ${target.path} HTTP/1.1`];
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name)) {
      throw new TypeError(`the header name ${JSON.stringify(name)} is invalid`);
    }
    if (OURS.has(name.toLowerCase())) {
      throw new TypeError(`the header ${name} is set by the client`);
    }
    if (!VALUE.test(value)) throw new TypeError(`the value of the header ${name} is invalid`);
    lines.push(`${name}: ${value}`);
  }
  lines.push(`host: ${target.authority}`);
  if (body) lines.push(`content-length: ${body.length}`);
  const head = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  if (!body) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
