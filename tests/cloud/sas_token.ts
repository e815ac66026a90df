// SPDX-License-Identifier: MIT

/**
 * Shared access signatures: reading, checking and making the `authorization` header that IoT Hub
 * and DPS take.
 *
 * `SharedAccessSignature sr=<resource>&sig=<signature>&se=<expiry>[&skn=<policy>]`, the fields in
 * any order. Signed is the text of `sr` exactly as it stands in the header, LF, `se`.
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { decodeBase64, encodeBase64 } from "./base64.ts";

/** A token, read but not checked. */
export interface SasToken {
  /** The resource as it stands in the header, still percent-encoded: this text is signed. */
  sr: string;
  /** The path that `sr` names, decoded: `host/devices/id`. */
  resource: string;
  signature: Uint8Array;
  /** Expiry, Unix seconds. */
  se: number;
  /** The policy's name; absent when the token names none. */
  skn?: string;
}

/** What a token must be good for. */
export interface SasRule {
  /** What the caller wants to reach, decoded: `host/devices/id/modules/id`, one for each name of the host. */
  resources: string[];
  /** The keys of which one must have signed; none refuses every token. */
  keys: Uint8Array[];
  now: Date;
  /** For how many seconds after its expiry a token is still taken. */
  toleranceSeconds: number;
}

const SCHEME = "SharedAccessSignature ";
const YEAR_SECONDS = 366 * 24 * 3600;

/** Reads the value of an `authorization` header; `undefined` when it is not a token. */
export function parseSasToken(header: string): SasToken | undefined {
  if (!header.startsWith(SCHEME)) return undefined;
  const fields = new Map<string, string>();
  for (const field of header.slice(SCHEME.length).split("&")) {
    const equals = field.indexOf("=");
    const name = field.slice(0, equals);
    if (equals < 1 || fields.has(name)) return undefined;
    fields.set(name, field.slice(equals + 1));
  }
  const sr = fields.get("sr");
  const se = fields.get("se");
  const sig = fields.get("sig");
  if (sr === undefined || sr === "" || se === undefined || sig === undefined) return undefined;
  if (!/^\d{1,15}$/.test(se)) return undefined;

  const resource = percentDecode(sr);
  // The signature is form-encoded: a `+` that was not escaped arrives as a space and fails.
  const signature = decodeBase64(percentDecode(sig.replaceAll("+", " ")) ?? "");
  if (resource === undefined || signature?.length !== 32) return undefined;
  const skn = percentDecode(fields.get("skn") ?? "");
  if (skn === undefined) return undefined;
  return { sr, resource, signature, se: Number(se), ...(skn === "" ? {} : { skn }) };
}

/** `valid`, or the first check that the token fails. */
export function checkSasToken(token: SasToken, rule: SasRule): string {
  const now = Math.floor(rule.now.getTime() / 1000);
  if (token.se + rule.toleranceSeconds <= now) return "expired";
  if (token.se > now + YEAR_SECONDS) return "expires more than a year ahead";
  if (!rule.resources.some((resource) => covers(token.resource, resource))) {
    return "wrong audience";
  }
  const signed = rule.keys.some((key) =>
    timingSafeEqual(sign(key, token.sr, token.se), token.signature)
  );
  return signed ? "valid" : "wrong signature";
}

/** Makes a token; `resource` is percent-encoded and lower-cased as the device side does it. */
export function makeSasToken(
  { resource, key, expiry, skn }: {
    resource: string;
    key: Uint8Array;
    /** Unix seconds. */
    expiry: number;
    skn?: string;
  },
): string {
  const sr = encodeURIComponent(resource.toLowerCase());
  const sig = encodeURIComponent(encodeBase64(sign(key, sr, expiry)));
  return `${SCHEME}sr=${sr}&sig=${sig}&se=${expiry}${
    skn === undefined ? "" : `&skn=${encodeURIComponent(skn)}`
  }`;
}

/** Tells signatures apart in a log without giving one away. */
export function fingerprint(signature: Uint8Array): string {
  return createHash("sha256").update(signature).digest("hex").slice(0, 16);
}

function sign(key: Uint8Array, sr: string, se: number): Uint8Array {
  return createHmac("sha256", key).update(`${sr}\n${se}`).digest();
}

/** Whether `granted` is `wanted` or one of its ancestors; hosts and ids compare without case. */
function covers(granted: string, wanted: string): boolean {
  const [outer, inner] = [granted.toLowerCase(), wanted.toLowerCase()];
  return inner === outer || inner.startsWith(`${outer}/`);
}

function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
