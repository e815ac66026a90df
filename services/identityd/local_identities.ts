// SPDX-License-Identifier: MIT

/** Identities for callers of the device itself: a key and a certificate made on request. */

import { invalidParameter } from "../http/errors.ts";
import type { LocalIdentity } from "./client.ts";
import type { Config, LocalAttributes } from "./config.ts";

/** What a local identity's certificate is to be. */
export interface LocalRequest {
  /** Also the id of the certificate in the Certificates Service. */
  readonly moduleId: string;
  /** At most 64 bytes. */
  readonly commonName: string;
  /** Of a server, whose clients look for it: the whole name, if it is one that DNS takes. */
  readonly dnsName?: string;
  readonly attributes: LocalAttributes;
}

/** Makes the key, has the certificate issued, and answers both. */
export type IssueLocal = (request: LocalRequest) => Promise<LocalIdentity>;

/** The longest common name (RFC 5280, appendix A.1), in bytes. */
const MAX_COMMON_NAME = 64;

const DNS_LABEL = /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/;

/** The identity of a configured local principal. Throws `ServiceError` 400 for any other name. */
export async function configuredLocalIdentity(
  moduleId: string,
  locals: ReadonlyMap<string, LocalAttributes>,
  config: Pick<Config, "hostname" | "localid">,
  issue: IssueLocal,
): Promise<LocalIdentity> {
  const attributes = locals.get(moduleId);
  if (attributes === undefined) {
    throw invalidParameter(
      "moduleId",
      new Error(`local identity for ${moduleId} doesn't exist`),
    );
  }
  return await localIdentity(moduleId, attributes, config, issue);
}

/** An identity under a name that no principal has. Throws `ServiceError` 400 for one that has. */
export async function newLocalIdentity(
  moduleId: string,
  attributes: LocalAttributes,
  locals: ReadonlyMap<string, LocalAttributes>,
  config: Pick<Config, "hostname" | "localid">,
  issue: IssueLocal,
): Promise<LocalIdentity> {
  if (locals.has(moduleId)) {
    throw invalidParameter(
      "moduleId",
      new Error(`local identity for ${moduleId} already exists`),
    );
  }
  return await localIdentity(moduleId, attributes, config, issue);
}

async function localIdentity(
  moduleId: string,
  attributes: LocalAttributes,
  { hostname, localid }: Pick<Config, "hostname" | "localid">,
  issue: IssueLocal,
): Promise<LocalIdentity> {
  if (!localid) throw new Error("local identities need [localid] domain in the configuration");
  const name = `${moduleId}.${hostname}.${localid.domain}`;
  return await issue({
    moduleId,
    commonName: truncate(name, MAX_COMMON_NAME),
    ...attributes === "server" && isDnsName(name) ? { dnsName: name } : {},
    attributes,
  });
}

/** Whether `name` is a host name as certificates have them (RFC 5280, 4.2.1.6; RFC 1123, 2.1). */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && name.split(".").every((label) => DNS_LABEL.test(label));
}

/** The longest beginning of `text` that has at most `bytes` bytes and whole characters. */
export function truncate(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
