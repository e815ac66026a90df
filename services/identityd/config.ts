// SPDX-License-Identifier: MIT

/**
 * What `/etc/aziot/identityd/config.toml` and the files of `config.d` may say. `prev_state` below
 * the home directory has the same form (settings_toml.ts).
 */

import * as v from "valibot";
import { u32, usize } from "../config/settings.ts";
import { isHostName, isHubId } from "./hub_ids.ts";

/** The existing product waits at least this long for the cloud, and so do its users' networks. */
const MIN_CLOUD_TIMEOUT_S = 70;

/** `"4%"`, `"30min"` or `"20day"` with a positive number; percent below 100. */
const POLICY = /^(?:[1-9][0-9]?%|[1-9][0-9]*(?:min|day))$/;

const url = () =>
  v.pipe(
    v.string(),
    v.check((text) => URL.canParse(text), "not a URL"),
    // The form in which the API shows it: host in lower case, a path at least `/`.
    v.transform((text) => new URL(text).href),
  );

const policy = () =>
  v.pipe(v.string(), v.check((text) => POLICY.test(text), "expected <n>%, <n>min or <n>day"));

/** A common name, or a table of name components with a common name among them. */
const subject = () =>
  v.union([
    v.string(),
    v.pipe(
      v.record(v.string(), v.string()),
      v.transform((table) =>
        Object.fromEntries(
          Object.entries(table)
            .map(([name, value]): [string, string] => [name.toUpperCase(), value])
            .sort(([a], [b]) => a < b ? -1 : 1),
        )
      ),
      v.check((table) => table.CN !== undefined, "missing field `CN`"),
    ),
  ]);

const everySource = {
  /** The parent device to talk to instead of the hub, `host` or `host:port`. */
  local_gateway_hostname: v.optional(v.string()),
  /** Of older releases: the start asks the cloud first. */
  always_reprovision_on_startup: v.optional(v.boolean()),
};

const authentication = v.variant("method", [
  v.object({ method: v.literal("sas"), device_id_pk: v.string() }),
  v.object({
    method: v.literal("x509"),
    identity_cert: v.string(),
    identity_pk: v.string(),
    csr_subject: v.optional(subject()),
  }),
]);

const attestation = v.variant("method", [
  v.object({
    method: v.literal("symmetric_key"),
    registration_id: v.string(),
    symmetric_key: v.string(),
  }),
  v.object({
    method: v.literal("x509"),
    identity_cert: v.string(),
    identity_pk: v.string(),
    registration_id: v.optional(subject()),
    identity_auto_renew: v.optional(
      v.object({ rotate_key: v.boolean(), threshold: policy(), retry: policy() }),
    ),
  }),
  v.object({ method: v.literal("tpm"), registration_id: v.string() }),
]);

const provisioning = v.variant("source", [
  v.object({
    source: v.literal("manual"),
    ...everySource,
    iothub_hostname: v.string(),
    device_id: v.string(),
    authentication,
  }),
  v.object({
    source: v.literal("dps"),
    ...everySource,
    global_endpoint: url(),
    scope_id: v.string(),
    payload: v.optional(v.object({ uri: url() })),
    attestation,
  }),
  v.object({ source: v.literal("none"), ...everySource }),
]);

const principal = v.object({
  uid: u32(),
  /** The module's name for `module` and `local`, a label otherwise. */
  name: v.string(),
  /** Absent: an administrator. */
  idtype: v.optional(v.array(v.picklist(["device", "local", "module"]))),
  localid: v.optional(v.object({
    type: v.literal("x509"),
    attributes: v.optional(v.picklist(["client", "server"]), "client"),
  })),
});

/** Schema of the merged configuration. */
export const configSchema = v.object({
  /** The device's own name, part of local identities' common names. */
  hostname: v.string(),
  /** Where the state stands; absolute. */
  homedir: v.string(),
  /** Answer module identities from the backup first. */
  prefer_module_identity_cache: v.optional(v.boolean(), false),
  /** Connections a uid may have open at a time. */
  max_requests: v.optional(usize(), 10),
  /** Seconds that one attempt of a cloud request may take. */
  cloud_timeout_sec: v.optional(
    v.pipe(
      usize(),
      v.minValue(
        MIN_CLOUD_TIMEOUT_S,
        `cloud_timeout_sec must be at least ${MIN_CLOUD_TIMEOUT_S} seconds`,
      ),
    ),
    MIN_CLOUD_TIMEOUT_S,
  ),
  /** Further attempts of a cloud request. */
  cloud_retries: v.optional(u32(), 1),
  /** Id of the certificates, in the Certificates Service, that callers are told to trust. */
  trust_bundle_cert: v.optional(v.string()),
  provisioning,
  principal: v.optional(v.array(principal), []),
  localid: v.optional(v.object({ domain: v.string() })),
  /** Read in development runs only, so nothing in it can be wrong. */
  endpoints: v.optional(v.unknown()),
});

/** The configuration as the daemon uses it. */
export type Config = v.InferOutput<typeof configSchema>;

/** Where the device's identity comes from. */
export type ProvisioningConfig = Config["provisioning"];

/** One `[[principal]]`: a uid and what its processes may ask for. */
export type Principal = Config["principal"][number];

/** What kind of certificate a local identity gets. */
export type LocalAttributes = "client" | "server";

/** A configuration that reads well and makes no sense; the message names the setting. */
export class SettingsError extends Error {
  override name = "SettingsError";
}

/** The rules between settings; throws {@link SettingsError} for the first one that is broken. */
export function validate(config: Config): void {
  const names = new Set<string>();
  for (const principal of config.principal) {
    if (names.has(principal.name)) throw bad(`duplicate module name: ${principal.name}`);
    names.add(principal.name);
    validatePrincipal(principal, config);
  }
  const { provisioning } = config;
  const hosts = [["local_gateway_hostname", provisioning.local_gateway_hostname]];
  if (provisioning.source === "manual") {
    hosts.push(["iothub_hostname", provisioning.iothub_hostname]);
    if (!isHubId(provisioning.device_id)) {
      throw bad(
        `provisioning.device_id: ${JSON.stringify(provisioning.device_id)} is no device id`,
      );
    }
  }
  for (const [key, host] of hosts) {
    if (host !== undefined && !isHostName(host)) {
      throw bad(`provisioning.${key}: ${JSON.stringify(host)} is no host name`);
    }
  }
}

function validatePrincipal({ name, idtype, localid }: Principal, config: Config): void {
  if (idtype === undefined) return;
  const invalid = (reason: string) => bad(`invalid config for ${name}: ${reason}`);
  if (idtype.includes("local")) {
    if (!config.localid) throw invalid("local id type requires localid config");
  } else if (localid) {
    throw invalid("local identity options specified for non-local identity");
  }
  const needsHub = idtype.includes("module") || idtype.includes("device");
  if (needsHub && config.provisioning.source === "none") {
    throw invalid("module or device identity requires provisioning with IoT Hub");
  }
  if (idtype.includes("module") && !isHubId(name)) {
    throw invalid("no name that IoT Hub takes for a module");
  }
}

function bad(message: string): SettingsError {
  return new SettingsError(`bad settings: ${message}`);
}

/** The path of a socket that this service calls; throws {@link SettingsError} for another URI. */
export function socketPath(uri: string): string {
  const path = /^unix:\/\/(\/.+)$/.exec(uri)?.[1];
  if (path === undefined) throw bad(`cannot call "${uri}": only unix:///path is offered`);
  return path;
}

/** The sockets of this service and of those it calls. */
export interface Endpoints {
  keyd: string;
  certd: string;
  identityd: string;
}

const endpointsSchema = v.object({
  aziot_keyd: v.optional(v.string(), "unix:///run/aziot/keyd.sock"),
  aziot_certd: v.optional(v.string(), "unix:///run/aziot/certd.sock"),
  aziot_identityd: v.optional(v.string(), "unix:///run/aziot/identityd.sock"),
});

/**
 * The sockets as URIs. `[endpoints]` counts only in a development run; throws
 * {@link SettingsError} when it is read and holds something other than text.
 */
export function endpoints(config: Config, isDevelopment: boolean): Endpoints {
  const parsed = v.safeParse(endpointsSchema, isDevelopment ? config.endpoints ?? {} : {});
  if (!parsed.success) throw bad("[endpoints] has something that is not a URI");
  const { aziot_keyd, aziot_certd, aziot_identityd } = parsed.output;
  return { keyd: aziot_keyd, certd: aziot_certd, identityd: aziot_identityd };
}
