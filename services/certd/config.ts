// SPDX-License-Identifier: MIT

/**
 * What `/etc/aziot/certd/config.toml` and the files of `config.d` may say.
 */

import * as v from "valibot";
import { u32, usize } from "../config/settings.ts";
import { issuanceSchema } from "./issuance.ts";
import { type Places, type Preloaded, preloadedUrl } from "./preloaded.ts";

const preloaded = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.check(
    (value) => typeof value !== "string" || URL.canParse(value),
    "not an absolute URL such as file:///path, nor a list of certificate ids",
  ),
  v.transform((value): Preloaded =>
    typeof value === "string" ? preloadedUrl(value) : { kind: "bundle", ids: value }
  ),
);

/** Schema of the merged configuration. */
export const configSchema = v.object({
  /** Where the service keeps its certificates, in `certs`. */
  homedir_path: v.string(),
  /** Connections a uid may have open at a time. */
  max_requests: v.optional(usize(), 10),
  cert_issuance: v.optional(issuanceSchema, {}),
  /** Files that somebody else placed, and bundles, by certificate id. */
  preloaded_certs: v.pipe(
    v.optional(v.record(v.string(), preloaded), {}),
    v.transform((table): Places => new Map(Object.entries(table))),
  ),
  /** Who may write, issue and delete which certificates by id. */
  principal: v.optional(v.array(v.object({ uid: u32(), certs: v.array(v.string()) })), []),
  /** Read in development runs only, so nothing in it can be wrong. */
  endpoints: v.optional(v.unknown()),
});

/** The configuration as the daemon uses it. */
export type Config = v.InferOutput<typeof configSchema>;

/** Where the daemon listens when no socket is passed to it. */
export const DEFAULT_ENDPOINT = "unix:///run/aziot/certd.sock";

const endpointsSchema = v.object({ aziot_certd: v.optional(v.string(), DEFAULT_ENDPOINT) });

/** The configured endpoint, for development runs; throws if it is no text. */
export function developmentEndpoint(config: Config): string {
  const parsed = v.safeParse(endpointsSchema, config.endpoints ?? {});
  if (!parsed.success) throw new Error("endpoints.aziot_certd is not a URI");
  return parsed.output.aziot_certd;
}
