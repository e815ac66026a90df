// SPDX-License-Identifier: MIT

/** The Identity Service: wires its parts, provisions the device, serves, stops. */

import { certificatesClient } from "../certd/client.ts";
import { load } from "../config/load.ts";
import { type Watch, watch } from "../config/watch.ts";
import { type DaemonContext, runDaemon, type RunningDaemon } from "../http/daemon.ts";
import { endpointsAreConfigurable, limitScale, readEnv } from "../http/environment.ts";
import { requireGrants } from "../http/grants.ts";
import { openListeners } from "../http/listeners.ts";
import { serve } from "../http/serve.ts";
import { keysClient } from "../keyd/client.ts";
import { removeLeftovers } from "../storage/replace_file.ts";
import { client } from "../tls/client.ts";
import { routes, VERSIONS } from "./api.ts";
import { systemClock } from "./clock.ts";
import { CloudError } from "./cloud_errors.ts";
import { configSchema, endpoints, socketPath, validate } from "./config.ts";
import { DeviceState } from "./device_state.ts";
import { HubReads } from "./hub_reads.ts";
import { RestHubRegistry } from "./hub_registry.ts";
import { Lifecycle } from "./lifecycle.ts";
import { localIssuer } from "./local_certificate.ts";
import { ModuleBackup } from "./module_backup.ts";
import { Modules } from "./modules.ts";
import { MutationQueue } from "./mutation_queue.ts";
import { Reconciliation } from "./reconciliation.ts";
import { TrustBundle } from "./trust_bundle.ts";

const PROGRAM = "aziot-identityd";

/** How long changes of the configuration are collected before it is read again. */
const RELOAD_WINDOW_MS = 10_000;

/** How long requests may take to end when the service is told to. */
const GRACE_MS = 5_000;

async function start({ log, sys, timeScale }: DaemonContext): Promise<RunningDaemon> {
  const paths = {
    file: readEnv("AZIOT_IDENTITYD_CONFIG") ?? "/etc/aziot/identityd/config.toml",
    directory: readEnv("AZIOT_IDENTITYD_CONFIG_DIR") ?? "/etc/aziot/identityd/config.d",
  };
  const read = () => load(paths, configSchema, log);
  const config = await read();
  validate(config);
  const sockets = endpoints(config, endpointsAreConfigurable());
  const home = config.homedir;
  const peers = [socketPath(sockets.keyd), socketPath(sockets.certd)];
  requireGrants(PROGRAM, [
    { kind: "read", path: home },
    { kind: "write", path: home },
    ...peers.map((path) => ({ kind: "socket", path } as const)),
  ]);
  await makeHome(home);

  // The first one ends pauses at once, the second one what is under way when its time is up.
  const stopping = new AbortController();
  const cut = new AbortController();
  const clock = systemClock(timeScale, limitScale());
  const queue = new MutationQueue();
  const reads = new HubReads(clock);
  const backup = new ModuleBackup(home, log);
  const state = new DeviceState(home, log);
  const keys = keysClient({ socket: socketPath(sockets.keyd), retries: 1, log });
  const certificates = certificatesClient({
    socket: socketPath(sockets.certd),
    retries: 1,
    log,
  });
  const registry = new RestHubRegistry(keys, {
    timeout: config.cloud_timeout_sec * 1_000,
    retries: config.cloud_retries,
  }, {
    transport: client({ trust: { system: true }, log }),
    clock,
    log,
    stopping: stopping.signal,
    cut: cut.signal,
    throttled: (pause) => {
      reads.throttled(pause);
      lifecycle.throttled();
    },
  });
  const modules = new Modules({
    registry,
    reads,
    backup,
    keys,
    clock,
    log,
    preferBackup: config.prefer_module_identity_cache,
    stopping: stopping.signal,
  });
  const lifecycle = new Lifecycle(config, {
    reconciliation: new Reconciliation({ home, state, backup, modules, log }),
    backup,
    modules,
    queue,
    clock,
    log,
    stopping: stopping.signal,
  });

  const isReady = await lifecycle.start();
  const watched = watch(paths, { windowMs: RELOAD_WINDOW_MS * timeScale, log }, async () => {
    const changed = await read();
    validate(changed);
    await lifecycle.reload(changed);
  });
  const server = await serve({
    listeners: openListeners({
      program: PROGRAM,
      sockets: [{ endpoint: sockets.identityd }],
      sys,
    }),
    versions: VERSIONS,
    routes: routes({
      lifecycle,
      modules,
      queue,
      keys,
      issueLocal: localIssuer(certificates),
      trust: new TrustBundle(certificates, log),
      readText: (path) => Deno.readTextFile(path),
    }),
    maxConnections: config.max_requests,
    log,
  });
  // Whoever waits for the line that the start has ended takes it for "provisioned".
  if (!isReady) await untilReady(watched, lifecycle);
  // What reading and compiling the program has taken, about five megabytes, is not needed again.
  sys.releaseMemory();

  return {
    async stop() {
      stopping.abort(new CloudError("network", "the service is stopping"));
      await server.close(GRACE_MS);
      cut.abort(new CloudError("network", "the service has stopped"));
      await watched.close();
    },
    reload: () => watched.reload(),
  };
}

/** While the cloud refuses the device the start goes on, and SIGHUP means what it always does. */
async function untilReady(watched: Watch, lifecycle: Lifecycle): Promise<void> {
  const reload = () => void watched.reload();
  Deno.addSignalListener("SIGHUP", reload);
  try {
    await lifecycle.whenReady;
  } finally {
    Deno.removeSignalListener("SIGHUP", reload);
  }
}

async function makeHome(home: string): Promise<void> {
  try {
    await Deno.mkdir(home, { recursive: true, mode: 0o700 });
    await removeLeftovers(home);
  } catch (cause) {
    throw new Error("could not create home directory", { cause });
  }
}

if (import.meta.main) await runDaemon({ name: PROGRAM, start });
