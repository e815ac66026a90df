// SPDX-License-Identifier: MIT

/** `aziot-certd`, the Certificates Service. */

import { load } from "../config/load.ts";
import { watch } from "../config/watch.ts";
import { type DaemonContext, runDaemon, type RunningDaemon } from "../http/daemon.ts";
import { endpointsAreConfigurable, readEnv } from "../http/environment.ts";
import { requireGrants } from "../http/grants.ts";
import { openListeners } from "../http/listeners.ts";
import { serve } from "../http/serve.ts";
import type { Log } from "../log/log.ts";
import { readProxy } from "../tls/proxy.ts";
import { routes, VERSIONS } from "./api.ts";
import { type Config, configSchema, DEFAULT_ENDPOINT, developmentEndpoint } from "./config.ts";
import { issuanceWarnings } from "./issuance.ts";
import { removeUnfinished } from "./leftovers.ts";
import { Operations } from "./operations.ts";
import { directoryOf } from "./own_directories.ts";
import { lastingGrants } from "./roots.ts";
import { Store } from "./store.ts";
import { unreadableTrustedCerts } from "./trusted_certs.ts";

/** How long changes of the configuration are collected before it is read again. */
const RELOAD_WINDOW_MS = 10_000;

/** Where the services of this package are configured. */
const CONFIGURATION = "/etc/aziot";

/** How long requests may take to finish when the service is told to end. */
const GRACE_MS = 5_000;

await runDaemon({ name: "aziot-certd", start });

async function start({ log, sys, timeScale }: DaemonContext): Promise<RunningDaemon> {
  const paths = {
    file: readEnv("AZIOT_CERTD_CONFIG") ?? "/etc/aziot/certd/config.toml",
    directory: readEnv("AZIOT_CERTD_CONFIG_DIR") ?? "/etc/aziot/certd/config.d",
  };
  let config = await load(paths, configSchema, log);
  const { homedir_path, max_requests } = config;
  const directory = `${homedir_path}/certs`;
  requireGrants("aziot-certd", lastingGrants(homedir_path));
  await removeUnfinished(directory, config.preloaded_certs, log);
  detectProxy(log);

  const own = [homedir_path, directoryOf(paths.file), paths.directory, CONFIGURATION];
  const store = new Store({ directory, own, places: () => config.preloaded_certs, log });
  await warn(config, store, log);
  const watched = watch(paths, { windowMs: RELOAD_WINDOW_MS * timeScale, log }, async () => {
    // One assignment: no request sees a part. Home, limit and endpoints count from the next start.
    config = await load(paths, configSchema, log);
    await warn(config, store, log);
  });

  const operations = new Operations(store, () => config);
  const endpoint = endpointsAreConfigurable() ? developmentEndpoint(config) : DEFAULT_ENDPOINT;
  const server = await serve({
    listeners: openListeners({ program: "aziot-certd", sockets: [{ endpoint }], sys }),
    versions: VERSIONS,
    routes: routes(operations),
    maxConnections: max_requests,
    log,
  });

  return {
    reload: () => watched.reload(),
    async stop() {
      await Promise.all([watched.close(), server.close(GRACE_MS)]);
    },
  };
}

/** What the user should know of a configuration that is good enough to serve with. */
async function warn({ cert_issuance }: Config, store: Store, log: Log): Promise<void> {
  for (const warning of issuanceWarnings(cert_issuance)) log.warn(warning);
  for (const problem of await unreadableTrustedCerts(cert_issuance.est.trustedCerts, store)) {
    log.warn(problem);
  }
}

function detectProxy(log: Log): void {
  try {
    const proxy = readProxy(readEnv);
    if (proxy) log.info(`Detected HTTPS proxy server ${proxy.shown}`);
  } catch (cause) {
    throw new Error("internal error", { cause });
  }
}
