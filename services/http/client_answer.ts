// SPDX-License-Identifier: MIT

/** What the answer of another service means. */

import { ConnectionError, RemoteError } from "./client_errors.ts";
import type { Answer } from "./http1_response.ts";
import { parseJson } from "./parse_json.ts";
import { decodeUtf8 } from "./utf8.ts";

/**
 * The value of an answer with the status `expected`: parsed for 200 and 201, `undefined` for 204. Throws
 * `RemoteError` for an error status and `ConnectionError` for what is no answer of our services.
 */
export function valueOf(answer: Answer, expected: 200 | 201 | 204): unknown {
  const { status, headers, body } = answer;
  if (status === expected && expected === 204) return undefined;
  if (status >= 400 && status <= 599) throw new RemoteError(status, messageOf(answer));
  if (status !== expected) {
    throw new ConnectionError(`unexpected HTTP status ${status}, expected ${expected}`);
  }
  const contentType = headers.get("content-type");
  if (contentType !== null && !contentType.toLowerCase().includes("application/json")) {
    throw new ConnectionError(`unexpected content type ${JSON.stringify(contentType)}`);
  }
  try {
    return parseJson(decodeUtf8(body));
  } catch (cause) {
    // Without the parser's text: it quotes the answer, which may hold a key.
    const what = cause instanceof SyntaxError ? "JSON" : "UTF-8";
    throw new ConnectionError(`the answer is not ${what}`);
  }
}

/** The message of an error body, or the status where there is none. */
function messageOf({ status, body: bytes }: Answer): string {
  if (bytes.length === 0) return `HTTP error ${status}`;
  try {
    const body = parseJson(decodeUtf8(bytes));
    if (typeof body === "object" && body !== null && "message" in body) {
      if (typeof body.message === "string") return body.message;
    }
  } catch {
    // Not one of our error bodies; the status is what is left to tell.
  }
  return `HTTP error ${status} without a readable message`;
}
