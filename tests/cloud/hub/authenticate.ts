// SPDX-License-Identifier: MIT

/**
 * Who is calling: the one place where the hub compares a token or a client certificate with the
 * credentials of a device or of one of its modules.
 */

import { checkClientChain } from "../client_certificate.ts";
import { type CloudRequest, headerValues } from "../exchange.ts";
import { checkSasToken, parseSasToken } from "../sas_token.ts";
import type { Credentials } from "./credentials.ts";
import { HubError, unauthorized } from "./hub_error.ts";

/** What the caller must prove to be. */
export interface Subject {
  /** As a client certificate names it. */
  commonName: string;
  /** `undefined`: there is no such module, so nothing can be proved. */
  credentials: Credentials | undefined;
}

/** What the call is for. */
export interface Target {
  /** The hub's names, each with its port unless that is 443. */
  hosts: string[];
  /** The path of the request, its ids decoded: `/devices/id/modules/id`. */
  path: string;
  strict: boolean;
  now: Date;
}

/** A clock that is off by less is forgiven outside strict mode. */
const TOLERANCE_SECONDS = 300;

/** Passes when the caller is the subject; throws a HubError with 400 or 401 otherwise. */
export function authenticate(request: CloudRequest, subject: Subject, target: Target): void {
  const headers = headerValues(request, "authorization");
  if (headers.length > 0 && request.clientChain.length > 0 && target.strict) {
    throw new HubError(
      400,
      "ArgumentInvalid",
      "a client certificate and an authorization header in one request",
      "mixed credentials",
    );
  }
  const validity = headers.length > 0
    ? checkToken(headers, subject, target)
    : checkCertificate(request, subject, target);
  if (validity !== "valid") throw unauthorized(validity);
}

function checkToken(headers: string[], { credentials }: Subject, target: Target): string {
  const token = headers.length === 1 ? parseSasToken(headers[0] ?? "") : undefined;
  if (token === undefined) return "malformed token";
  // A policy's name says that the hub's own key signed, and a device has none of those.
  if (token.skn !== undefined) return "unknown policy";
  if (credentials === undefined) return "unknown module";
  const keys = credentials.type === "sas" ? [credentials.primaryKey, credentials.secondaryKey] : [];
  return checkSasToken(token, {
    resources: target.hosts.map((host) => host + target.path),
    keys,
    now: target.now,
    toleranceSeconds: target.strict ? 0 : TOLERANCE_SECONDS,
  });
}

function checkCertificate(request: CloudRequest, subject: Subject, { now }: Target): string {
  const { commonName, credentials } = subject;
  if (request.clientChain.length === 0) return "no credentials";
  if (credentials === undefined) return "unknown module";
  switch (credentials.type) {
    case "selfSigned":
      return checkClientChain(request.clientChain, credentials, now);
    case "certificateAuthority":
      return checkClientChain(
        request.clientChain,
        { anchors: credentials.anchors, commonName },
        now,
      );
    default:
      return "a token is expected";
  }
}
