// SPDX-License-Identifier: MIT

/** From OpenSSL's reasons to sentences that say what to check. */

import type { RefusedCertificate, SessionFailure } from "../../ffi/tls.ts";
import { TlsError } from "./errors.ts";

/** `X509_V_ERR_*` (openssl/x509_vfy.h). */
const V = {
  UNABLE_TO_GET_ISSUER_CERT: 2,
  CERT_NOT_YET_VALID: 9,
  CERT_HAS_EXPIRED: 10,
  DEPTH_ZERO_SELF_SIGNED_CERT: 18,
  SELF_SIGNED_CERT_IN_CHAIN: 19,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 20,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 21,
  INVALID_PURPOSE: 26,
  HOSTNAME_MISMATCH: 62,
  IP_ADDRESS_MISMATCH: 64,
} as const;

/** Alert numbers (RFC 8446, section 6; `no_certificate` from SSL 3). */
const ALERT = {
  HANDSHAKE_FAILURE: 40,
  NO_CERTIFICATE: 41,
  BAD_CERTIFICATE: 42,
  UNSUPPORTED_CERTIFICATE: 43,
  CERTIFICATE_REVOKED: 44,
  CERTIFICATE_EXPIRED: 45,
  CERTIFICATE_UNKNOWN: 46,
  UNKNOWN_CA: 48,
  ACCESS_DENIED: 49,
  PROTOCOL_VERSION: 70,
  CERTIFICATE_REQUIRED: 116,
} as const;

/** Alerts by which a server that asked for a client certificate refuses ours or its absence. */
const REJECTING: ReadonlySet<number> = new Set([
  ALERT.HANDSHAKE_FAILURE,
  ALERT.NO_CERTIFICATE,
  ALERT.BAD_CERTIFICATE,
  ALERT.UNSUPPORTED_CERTIFICATE,
  ALERT.CERTIFICATE_REVOKED,
  ALERT.CERTIFICATE_EXPIRED,
  ALERT.CERTIFICATE_UNKNOWN,
  ALERT.UNKNOWN_CA,
  ALERT.ACCESS_DENIED,
  ALERT.CERTIFICATE_REQUIRED,
]);

/** `SSL_R_*` (openssl/sslerr.h). */
const R = {
  HTTP_REQUEST: 156,
  PACKET_LENGTH_TOO_LONG: 198,
  UNSUPPORTED_PROTOCOL: 258,
  WRONG_VERSION_NUMBER: 267,
} as const;

/** What is known about a connection that failed. */
export interface Circumstances {
  /** The host that the certificate had to name, without port. */
  host: string;
  /** `host:port`, for messages. */
  peer: string;
  /** Whether the handshake was finished before. */
  established: boolean;
  /** This machine's time. */
  now: Date;
}

/** The error that a request ends with when the TLS library reported `failure`. */
export function explain(failure: SessionFailure, at: Circumstances): TlsError {
  if (failure.kind === "verify") {
    return new TlsError("verify", verification(failure, at));
  }
  if (failure.kind === "alert" && failure.certificateAsked && REJECTING.has(failure.code)) {
    return new TlsError(
      "rejected",
      `${at.peer} demands a client certificate and none is configured for it (${failure.text})`,
    );
  }
  const phase = at.established ? "transfer" : "handshake";
  const message = at.established
    ? `the TLS connection to ${at.peer} broke: ${failure.text}`
    : `no TLS connection to ${at.peer}: ${handshake(failure)}`;
  return new TlsError(phase, message);
}

function handshake(failure: SessionFailure): string {
  const { kind, code, text } = failure;
  const version = kind === "alert"
    ? code === ALERT.PROTOCOL_VERSION
    : code === R.UNSUPPORTED_PROTOCOL;
  if (version) return `it offers neither TLS 1.2 nor TLS 1.3 (${text})`;
  if (kind === "alert") return `the server refused the handshake (${text})`;
  if (
    code === R.WRONG_VERSION_NUMBER || code === R.HTTP_REQUEST || code === R.PACKET_LENGTH_TOO_LONG
  ) {
    return `it does not answer with TLS; check the port (${text})`;
  }
  return text;
}

function verification(failure: SessionFailure, at: Circumstances): string {
  const { certificate } = failure;
  const prefix = `the certificate of ${at.peer} cannot be trusted`;
  if (!certificate) return `${prefix}: ${failure.text}`;
  return `${prefix}: ${reason(failure, certificate, at)}`;
}

function reason(
  failure: SessionFailure,
  certificate: RefusedCertificate,
  at: Circumstances,
): string {
  const which = certificate.depth === 0
    ? `it (subject ${named(certificate.subject)})`
    : `the certificate of its issuer ${named(certificate.subject)}`;
  const clock = `this machine's clock says ${seconds(at.now)}; check the clock first`;
  switch (failure.code) {
    case V.CERT_NOT_YET_VALID:
      return `${which} is valid from ${certificate.notBefore ?? "an unreadable date"} on, ${clock}`;
    case V.CERT_HAS_EXPIRED:
      return `${which} expired at ${certificate.notAfter ?? "an unreadable date"}, ${clock}`;
    case V.HOSTNAME_MISMATCH:
    case V.IP_ADDRESS_MISMATCH:
      return `it does not name ${at.host} but ${
        certificate.names || `only the subject ${named(certificate.subject)}`
      }; check the configured host name`;
    case V.DEPTH_ZERO_SELF_SIGNED_CERT:
      return `${which} is self-signed and not in the trust store; ${TRUST}`;
    case V.SELF_SIGNED_CERT_IN_CHAIN:
      return `its root ${named(certificate.subject)} is not in the trust store; ${TRUST}`;
    case V.UNABLE_TO_GET_ISSUER_CERT:
    case V.UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case V.UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return `the issuer ${named(certificate.issuer)} of ${named(certificate.subject)} is ` +
        `neither sent by the server nor in the trust store; ${TRUST}`;
    case V.INVALID_PURPOSE:
      return `${which} is not meant for servers (extendedKeyUsage)`;
    default:
      return `${which}: ${failure.text}`;
  }
}

const TRUST = "add the CA to the system's trust store (update-ca-certificates), or check " +
  "SSL_CERT_FILE and SSL_CERT_DIR if they are set";

function named(name: string): string {
  return name === "" ? "(empty)" : `"${name}"`;
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
