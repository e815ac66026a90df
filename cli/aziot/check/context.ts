// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";
import type { Config as CertdConfig } from "../../../services/certd/config.ts";
import { certificatesClient } from "../../../services/certd/client.ts";
import type { Config as IdentitydConfig } from "../../../services/identityd/config.ts";
import type { Config as KeydConfig } from "../../../services/keyd/config.ts";
import type { Certificate } from "../certificate_file.ts";
import type { Machine, User } from "../machine.ts";
import { type Service, SERVICES, socketOf } from "../service_paths.ts";
import { connectOnce } from "./connect.ts";
import { look, type Looked, once, valueOf } from "./look.ts";
import { readCertificates } from "./read_certificates.ts";
import { proxyOf } from "./proxy.ts";
import { readKeys } from "./read_keys.ts";
import { loadCertd, loadIdentityd, loadKeyd, loadPrevious, loadTpmd } from "./service_configs.ts";

/** What the command line says of the checks. */
export interface CheckSettings {
  /** Ids of checks that are not run. */
  dontRun: readonly string[];
  /** `host` or `host:port`. */
  ntpServer: string;
  iothubHostname: string | undefined;
  proxyUri: string | undefined;
  expectedVersion: string | undefined;
}

/**
 * What checks look at. Everything is looked at once, by whoever needs it first; a check needs what
 * another one reports about only when that one is run.
 */
export class Context {
  /** The configurations as their checks report on them. */
  readonly lookAtKeyd: () => Promise<Looked<KeydConfig>>;
  readonly lookAtCertd: () => Promise<Looked<CertdConfig>>;
  readonly lookAtIdentityd: () => Promise<Looked<IdentitydConfig>>;
  readonly lookAtTpmd: () => Promise<Looked<unknown>>;
  /** The certificates that certd gives out for preloaded ids, or why one is not given. */
  readonly certificates: () => Promise<Map<string, Looked<Certificate[]>>>;
  /** The keys that keyd has for preloaded ids: `undefined` for symmetric ones. */
  readonly keys: () => Promise<Map<string, Looked<KeyObject | undefined>>>;
  /** The proxy on the way to the cloud: the command line's, else that of the Identity Service. */
  readonly proxy: () => Promise<URL | undefined>;
  /** PEM certificates that this device trusts beside the system's. */
  readonly trustBundle: () => Promise<string>;
  readonly #lookAtPrevious: () => Promise<Looked<IdentitydConfig>>;
  readonly #connections: ReadonlyMap<Service, () => Promise<Looked<void>>>;

  constructor(readonly settings: CheckSettings, readonly machine: Machine) {
    this.lookAtKeyd = once(() => look(() => loadKeyd(machine)));
    this.lookAtCertd = once(() => look(() => loadCertd(machine)));
    this.lookAtIdentityd = once(() => look(() => loadIdentityd(machine)));
    this.lookAtTpmd = once(() => look(() => loadTpmd(machine)));
    this.#lookAtPrevious = once(() =>
      look(async () => loadPrevious((await this.identityd())?.homedir, machine))
    );
    this.#connections = new Map(SERVICES.map((service) => [
      service,
      once(() => look(async () => connectOnce(await socketOf(service, machine)))),
    ]));
    this.certificates = once(async () => {
      const ids = [...(await this.certd())?.preloaded_certs.keys() ?? []];
      return await readCertificates(ids, await socketOf("certd", machine));
    });
    this.keys = once(async () => {
      const ids = Object.keys((await this.keyd())?.preloaded_keys ?? {});
      return await readKeys(ids, await socketOf("keyd", machine));
    });
    this.proxy = once(() => proxyOf(settings.proxyUri, machine));
    this.trustBundle = once(async () => {
      using client = certificatesClient({ socket: await socketOf("certd", machine) });
      // A device without one trusts what the system trusts.
      return await client.getCertificate("trust-bundle").catch(() => "");
    });
  }

  isLeftOut(id: string): boolean {
    return this.settings.dontRun.includes(id);
  }

  /** The configurations as other checks use them; `undefined`: there is none to go by. */
  keyd(): Promise<KeydConfig | undefined> {
    return this.#needed("keyd-config-well-formed", this.lookAtKeyd);
  }
  certd(): Promise<CertdConfig | undefined> {
    return this.#needed("certd-config-well-formed", this.lookAtCertd);
  }
  identityd(): Promise<IdentitydConfig | undefined> {
    return this.#needed("identityd-config-well-formed", this.lookAtIdentityd);
  }

  /** The configuration with which the device was last provisioned. */
  async previous(): Promise<IdentitydConfig | undefined> {
    return valueOf(await this.#lookAtPrevious());
  }

  /** Connects to a daemon, which starts it. */
  connect(service: Service): Promise<Looked<void>> {
    const connection = this.#connections.get(service);
    if (connection === undefined) throw new TypeError(`no service ${service}`);
    return connection();
  }

  async isRunning(service: Service): Promise<boolean> {
    return !this.isLeftOut(`${service}-running`) && "value" in await this.connect(service);
  }

  /** A user of the services; throws when there is none. */
  async user(name: string): Promise<User> {
    const user = await this.machine.user(name);
    if (user !== undefined) return user;
    throw new Error(`there is no user ${name}: is the package installed completely?`);
  }

  async #needed<T>(id: string, looking: () => Promise<Looked<T>>): Promise<T | undefined> {
    return this.isLeftOut(id) ? undefined : valueOf(await looking());
  }
}
