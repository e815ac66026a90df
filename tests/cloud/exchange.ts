// SPDX-License-Identifier: MIT

/**
 * What passes between a listener and the surface behind it: one request as it was sent, one
 * answer as it will be sent.
 */

import type { X509Certificate } from "node:crypto";

/** One request, before anybody has judged it. */
export interface CloudRequest {
  method: string;
  /** The target's path as sent: percent-encoding untouched, an absolute form reduced to its path. */
  path: string;
  /** The target's query as sent, without the question mark; empty when there is none. */
  query: string;
  /** Names and values in the order and the spelling in which they came. */
  headers: [name: string, value: string][];
  body: Uint8Array;
  /** The certificates that the client presented, the leaf first; empty when there were none. */
  clientChain: X509Certificate[];
}

/** One answer. `date`, `content-length` and `connection` are the listener's. */
export interface Answer {
  status: number;
  headers: [name: string, value: string][];
  body: string;
}

/** A surface's answer with what the request log says about it. */
export interface Handled {
  answer: Answer;
  /** Why the caller was let in or not: `valid`, or the first check that failed. */
  validity?: string;
}

/** One of the services that the cloud plays. */
export interface Surface {
  /** Which service: the `surface` of log entries. */
  readonly surface: string;
  /** Which instance of it, such as the hub's id: the `instance` of log entries. */
  readonly instance: string;
  /**
   * Answers one request that came to `host`, the name and port by which the listener is known.
   * Rejects for nothing that a client can send.
   */
  handle(request: CloudRequest, host: string): Handled;
  /** The id of the device that a path is about; `undefined` when it names none. */
  deviceOf(path: string): string | undefined;
  /** An error in the shape of this service, with a JSON object as its body. */
  errorAnswer(status: number, detail: string, now: Date): Answer;
}

/** An answer with a JSON body. */
export function json(
  status: number,
  value: unknown,
  headers: [string, string][] = [],
): Answer {
  return {
    status,
    headers: [["content-type", "application/json; charset=utf-8"], ...headers],
    body: JSON.stringify(value),
  };
}

/** An answer without a body. */
export function empty(status: number, headers: [string, string][] = []): Answer {
  return { status, headers, body: "" };
}

/** Every value of a header, whatever the case of its name. */
export function headerValues(request: CloudRequest, name: string): string[] {
  return request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}
