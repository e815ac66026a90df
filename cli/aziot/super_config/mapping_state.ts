// SPDX-License-Identifier: MIT

import type { SuperConfig } from "./model.ts";
import type { CertdIssuance } from "./service_configs.ts";

/** What the steps of the mapping collect, in the order in which they run. */
export class MappingState {
  /** Keys that the Identity Service may use. */
  readonly identitydKeys: string[] = [];
  /** Keys that the Certificates Service may use. */
  readonly certdKeys: string[] = [];
  /** Certificates that the Identity Service may have made and replaced. */
  readonly identitydCerts: string[] = [];
  readonly issuance = new Map<string, CertdIssuance>();
  readonly preloadedKeys: Map<string, string>;
  readonly preloadedCerts: Map<string, string | string[]>;
  readonly warnings: string[] = [];

  constructor(config: SuperConfig) {
    this.preloadedKeys = new Map(config.preloadedKeys);
    this.preloadedCerts = new Map(config.preloadedCerts);
  }

  preloadKey(id: string, uri: string): void {
    this.#warnIfTaken("preloaded_keys", id, this.preloadedKeys.get(id), uri);
    this.preloadedKeys.set(id, uri);
  }

  preloadCert(id: string, url: string): void {
    this.#warnIfTaken("preloaded_certs", id, this.preloadedCerts.get(id), url);
    this.preloadedCerts.set(id, url);
  }

  #warnIfTaken(table: string, id: string, own: string | string[] | undefined, made: string): void {
    if (own === undefined || own === made) return;
    this.warnings.push(
      `${table}.${id} is replaced: this id belongs to the rest of the configuration, give the ` +
        "entry another name",
    );
  }
}
