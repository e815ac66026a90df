// SPDX-License-Identifier: MIT

/** `[cert_issuance]`: how certificates are issued that callers ask for by their ids. */

import * as v from "valibot";
import { parseRenewalPolicy } from "../config/renewal_policy.ts";
import { u32 } from "../config/settings.ts";
import { authEntries, authOf, type EstAuth } from "./est_auth.ts";

/** Instead of the subject that the request has. */
export type Subject =
  /** One common name. */
  | { readonly commonName: string }
  /** A name component for each OpenSSL attribute name. */
  | { readonly attributes: ReadonlyMap<string, string> };

/** `[cert_issuance.<id>]`. */
export interface CertOptions {
  readonly method: "est" | "local_ca" | "self_signed";
  /** Lifetime of what is signed here, in days; absent: 30. */
  readonly expiryDays?: number;
  readonly subject?: Subject;
  /** Base URL of the EST server. */
  readonly url?: string;
  /** Instead of that of all EST certificates. */
  readonly auth?: EstAuth;
  /** Settings that do not count, in sentences for the user. */
  readonly complaints: readonly string[];
}

const absoluteUrl = () =>
  v.pipe(
    v.string(),
    v.check(
      (text) => URL.canParse(text),
      // It may hold a password; its place is told.
      "not an absolute URL",
    ),
  );

const policy = () =>
  v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return parseRenewalPolicy(dataset.value);
      } catch (error) {
        addIssue({ message: error instanceof Error ? error.message : String(error) });
        return NEVER;
      }
    }),
  );

const certOptions = v.pipe(
  v.object({
    method: v.picklist(["est", "local_ca", "self_signed"]),
    expiry_days: v.optional(v.pipe(u32(), v.minValue(1, "expiry_days must be greater than 0"))),
    common_name: v.optional(v.unknown()),
    subject: v.optional(v.unknown()),
    url: v.optional(absoluteUrl()),
    ...authEntries,
  }),
  v.transform((table): CertOptions => {
    const complaints: string[] = [];
    const complain = (text: string) => void complaints.push(text);
    const subject = subjectOf(table.common_name, table.subject, complain);
    const auth = authOf(table, complain);
    return {
      method: table.method,
      ...table.expiry_days !== undefined && { expiryDays: table.expiry_days },
      ...subject && { subject },
      ...table.url !== undefined && { url: table.url },
      ...auth && { auth },
      complaints,
    };
  }),
);

/** The common name wins, even one that is no text: so it does in the existing product. */
function subjectOf(
  commonName: unknown,
  subject: unknown,
  complain: (text: string) => void,
): Subject | undefined {
  if (commonName !== undefined) {
    if (subject !== undefined) complain("`subject` is ignored beside `common_name`");
    if (typeof commonName === "string") return { commonName };
    complain("`common_name` is not a string and is ignored");
    return undefined;
  }
  if (subject === undefined) return undefined;
  const table = v.safeParse(v.record(v.string(), v.string()), subject);
  if (table.success) return { attributes: new Map(Object.entries(table.output)) };
  complain("`subject` is not a table of strings and is ignored");
  return undefined;
}

const estSettings = v.pipe(
  v.object({
    /** Certificate ids; they are trusted beside the system's. */
    trusted_certs: v.optional(v.array(v.string()), []),
    ...authEntries,
    /** When EST identities are renewed. */
    identity_auto_renew: v.optional(
      v.object({ rotate_key: v.boolean(), threshold: policy(), retry: policy() }),
    ),
    /** Base URLs by certificate id, and `default`. */
    urls: v.optional(v.record(v.string(), absoluteUrl()), {}),
  }),
  v.transform((table) => {
    const complaints: string[] = [];
    const auth = authOf(table, (text) => void complaints.push(text));
    return {
      trustedCerts: table.trusted_certs,
      urls: new Map(Object.entries(table.urls)),
      ...auth && { auth },
      ...table.identity_auto_renew && { autoRenew: table.identity_auto_renew },
      complaints,
    };
  }),
);

/** `[cert_issuance.est]`: what counts for all certificates that come from EST servers. */
export type EstSettings = v.InferOutput<typeof estSettings>;

/** `[cert_issuance]`. */
export interface Issuance {
  readonly est: EstSettings;
  /** The certificate and the key that sign what is issued by `local_ca`, by their ids. */
  readonly localCa?: { readonly cert: string; readonly pk: string };
  readonly certs: ReadonlyMap<string, CertOptions>;
}

/** Schema of `[cert_issuance]`; each table but `est` and `local_ca` is named by a certificate id. */
export const issuanceSchema = v.pipe(
  v.objectWithRest({
    est: v.optional(estSettings, {}),
    local_ca: v.optional(v.object({ cert: v.string(), pk: v.string() })),
  }, certOptions),
  v.transform(({ est, local_ca, ...certs }): Issuance => ({
    est,
    ...local_ca && { localCa: local_ca },
    certs: new Map(Object.entries(certs)),
  })),
);

/** What of the settings does not count or is dangerous, each with its place, for the log. */
export function issuanceWarnings({ est, certs }: Issuance): string[] {
  const places: [place: string, complaints: readonly string[], urls: readonly string[]][] = [
    ["cert_issuance.est", est.complaints, [...est.urls.values()]],
  ];
  for (const [id, { complaints, url }] of certs) {
    places.push([`cert_issuance.${id}`, complaints, url === undefined ? [] : [url]]);
  }
  return places.flatMap(([place, complaints, urls]) => [
    ...complaints.map((complaint) => `[${place}] ${complaint}`),
    ...urls.filter(isUnencrypted).map(unencrypted),
  ]);
}

function isUnencrypted(url: string): boolean {
  return new URL(url).protocol === "http:";
}

function unencrypted(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "******";
  return `EST server URL "${url.href}" is configured with unencrypted HTTP, which may expose ` +
    "device to man-in-the-middle attacks. To clear this warning, configure HTTPS for your EST " +
    "server and update the URL.";
}
