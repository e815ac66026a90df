// SPDX-License-Identifier: MIT

/** What `[preloaded_certs]` says about an id. */

import { decodeSegment } from "../http/target.ts";

/** Where the certificate of a preloaded id is. */
export type Preloaded =
  /** A file that somebody else placed; `path` is absolute. */
  | { readonly kind: "file"; readonly path: string }
  /** The certificates of other ids, one after the other. */
  | { readonly kind: "bundle"; readonly ids: readonly string[] }
  /** A URL that names no file: whoever uses the id is told why. */
  | { readonly kind: "unusable"; readonly reason: string };

/** The places of preloaded certificates by id. */
export type Places = ReadonlyMap<string, Preloaded>;

/** What an absolute URL of the configuration stands for. */
export function preloadedUrl(url: string): Preloaded {
  const { protocol, hostname, pathname } = new URL(url);
  if (protocol !== "file:") {
    const scheme = protocol.slice(0, -1);
    return { kind: "unusable", reason: `unrecognized scheme ${JSON.stringify(scheme)}` };
  }
  // The parser has made an empty host of `localhost`.
  const path = hostname === "" ? decodeSegment(pathname) : undefined;
  return path === undefined
    ? { kind: "unusable", reason: "not a valid path" }
    : { kind: "file", path };
}
