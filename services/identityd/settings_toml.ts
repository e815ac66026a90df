// SPDX-License-Identifier: MIT

/**
 * Settings as TOML, in the order in which the existing product writes them: it must be able to
 * read the state of this service after a downgrade, and its own tests compare files.
 */

import type { Config } from "./config.ts";

/** A value of the settings; `undefined` is left out. */
type Value = string | number | boolean | readonly string[] | Tables | readonly Tables[] | undefined;

interface Tables {
  readonly [key: string]: Value;
}

/** A configuration without `[endpoints]`, with what equals its default left out. */
export function settingsToml(config: Config): string {
  return document({
    hostname: config.hostname,
    homedir: config.homedir,
    prefer_module_identity_cache: config.prefer_module_identity_cache,
    max_requests: config.max_requests === 10 ? undefined : config.max_requests,
    cloud_timeout_sec: config.cloud_timeout_sec === 70 ? undefined : config.cloud_timeout_sec,
    cloud_retries: config.cloud_retries === 1 ? undefined : config.cloud_retries,
    // Unknown to the existing product, which skips it.
    trust_bundle_cert: config.trust_bundle_cert,
    provisioning: provisioningTable(config.provisioning),
    principal: config.principal.length === 0 ? undefined : config.principal.map(principalTable),
    localid: config.localid && { domain: config.localid.domain },
  });
}

function principalTable({ uid, name, idtype, localid }: Config["principal"][number]): Tables {
  return {
    uid,
    name,
    idtype,
    localid: localid && { type: localid.type, attributes: localid.attributes },
  };
}

function provisioningTable(settings: Config["provisioning"]): Tables {
  const first = {
    local_gateway_hostname: settings.local_gateway_hostname,
    always_reprovision_on_startup: settings.always_reprovision_on_startup,
    source: settings.source,
  };
  switch (settings.source) {
    case "none":
      return first;
    case "manual":
      return {
        ...first,
        iothub_hostname: settings.iothub_hostname,
        device_id: settings.device_id,
        authentication: settings.authentication,
      };
    case "dps":
      return {
        ...first,
        global_endpoint: settings.global_endpoint,
        scope_id: settings.scope_id,
        attestation: settings.attestation,
        payload: settings.payload,
      };
  }
}

/** The keys of a table that are no tables come first: whatever follows a header belongs to it. */
function document(root: Tables): string {
  const blocks: string[] = [];
  write(blocks, "", "", root);
  return blocks.join("\n");
}

function write(blocks: string[], path: string, header: string, table: Tables): void {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined);
  const lines = header === "" ? [] : [header];
  for (const [key, value] of entries) {
    if (isPlain(value)) lines.push(`${tomlKey(key)} = ${text(value)}`);
  }
  blocks.push(`${lines.join("\n")}\n`);
  for (const [key, value] of entries) {
    if (isPlain(value)) continue;
    const inner = path === "" ? tomlKey(key) : `${path}.${tomlKey(key)}`;
    if (isList(value)) { for (const item of value) write(blocks, inner, `[[${inner}]]`, item); }
    else if (value !== undefined) write(blocks, inner, `[${inner}]`, value);
  }
}

type Plain = string | number | boolean | readonly string[];

function isPlain(value: Value): value is Plain {
  if (typeof value !== "object") return value !== undefined;
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isList(value: Value): value is readonly Tables[] {
  return Array.isArray(value);
}

function text(value: Plain): string {
  if (typeof value === "string") return tomlString(value);
  return typeof value === "object" ? `[${value.map(tomlString).join(", ")}]` : String(value);
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}

/** A basic string: JSON's escapes are valid there, only DEL needs one more. */
export function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}
