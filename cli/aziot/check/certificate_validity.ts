// SPDX-License-Identifier: MIT

import type { Config as CertdConfig } from "../../../services/certd/config.ts";
import { unreadable } from "../apply/access.ts";
import { type Certificate, parseCertificates, timeText } from "../certificate_file.ts";
import { reasonOf } from "../key_file.ts";
import type { Context } from "./context.ts";
import type { Json, Remark } from "./outcome.ts";

/** What is said of a certificate's time. */
export interface Validity {
  remarks: Remark[];
  /** Of a certificate that was read, for the JSON output. */
  info: Json;
}

/** What to do about all of it. */
export const VALIDITY_REMEDY =
  "Replace the certificate, or make its file readable for the user aziotcs: see docs/provisioning.md.";

const DAY = 86_400_000;
const SOON = 7 * DAY;

const NOTHING: Validity = { remarks: [], info: null };

/**
 * Looks at the certificate `id` as the Certificates Service has it, in a preloaded file or its
 * store. `name` is what to call it; one that is to be issued and is not yet is fine.
 */
export async function validityOf(
  id: string,
  name: string,
  config: CertdConfig,
  context: Context,
): Promise<Validity> {
  const place = config.preloaded_certs.get(id);
  if (place?.kind === "bundle" || place?.kind === "unusable") {
    const reason = place.kind === "bundle" ? "a list of ids, not a file" : place.reason;
    return { ...NOTHING, remarks: [error(`${name} certificate '${id}' is ${reason}`)] };
  }
  const path = place?.path ?? await storedAt(id, config);
  const certificate = await readAs(path, context);
  if (certificate === "missing") {
    if (place !== undefined || config.cert_issuance.certs.has(id)) return NOTHING;
    return {
      ...NOTHING,
      remarks: [error(
        `${name} certificate is neither preloaded nor configured to be dynamically issued, and ` +
          "thus cannot be used.",
      )],
    };
  }
  if ("kind" in certificate) return { ...NOTHING, remarks: [certificate] };
  const { notBefore, notAfter } = certificate;
  return {
    remarks: timesOf(`${name} certificate '${id}'`, certificate, context.machine.now()),
    info: {
      cert_name: name,
      cert_id: id,
      not_after: rfc3339(notAfter),
      not_before: rfc3339(notBefore),
    },
  };
}

/** Looks at the certificate in a file that has to be there. */
export async function validityOfFile(path: string, context: Context): Promise<Remark[]> {
  const certificate = await readAs(path, context);
  if (certificate === "missing") {
    const cause = new Error("No such file or directory");
    return [{ kind: "error", line: `could not stat ${path}`, cause }];
  }
  if ("kind" in certificate) return [certificate];
  return timesOf(`certificate ${path}`, certificate, context.machine.now());
}

async function readAs(path: string, context: Context): Promise<Certificate | Remark | "missing"> {
  const at = context.machine.at;
  let pem: string;
  try {
    pem = await Deno.readTextFile(at(path));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return "missing";
    return { kind: "error", line: `could not read ${path}`, cause };
  }
  const user = await context.machine.user("aziotcs");
  // That a user is missing is for other checks to tell.
  const reason = user && await unreadable(path, user, at);
  if (user !== undefined && reason !== undefined) {
    const who = `user aziotcs (uid ${user.uid}, gid ${user.gid})`;
    return error(`${path} is not readable by ${who}: ${reason}`);
  }
  try {
    const [leaf] = await parseCertificates(pem);
    return leaf ?? error(`${path} holds no PEM certificate`);
  } catch (cause) {
    return error(`${path} holds no certificate that can be read: ${reasonOf(cause)}`);
  }
}

function timesOf(name: string, { notBefore, notAfter }: Certificate, now: Date): Remark[] {
  if (notBefore > now) {
    return [error(`${name} has not-before time ${timeText(notBefore)} which is in the future`)];
  }
  if (notAfter < now) return [error(`${name} expired at ${timeText(notAfter)}`)];
  const left = notAfter.getTime() - now.getTime();
  if (left >= SOON) return [];
  const days = Math.floor(left / DAY);
  const line = `${name} will expire soon (${timeText(notAfter)}, in ${days} days)`;
  return [{ kind: "warning", line }];
}

/** Where the Certificates Service keeps what it obtained itself. */
export async function storedAt(id: string, { homedir_path }: CertdConfig): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(id));
  const readable = id.replace(/[^A-Za-z0-9]/g, "");
  return `${homedir_path}/certs/${readable}-${new Uint8Array(digest).toHex()}.cer`;
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(".000Z", "Z");
}

function error(line: string): Remark {
  return { kind: "error", line };
}
