// SPDX-License-Identifier: MIT

/** `aziot-keyd`, the Keys Service. */

import { openKeysLibrary } from "../../ffi/keys.ts";
import { libraryPath } from "../../ffi/library_path.ts";
import { load } from "../config/load.ts";
import { watch } from "../config/watch.ts";
import { type DaemonContext, runDaemon, type RunningDaemon } from "../http/daemon.ts";
import { endpointsAreConfigurable, readEnv, readSwitch } from "../http/environment.ts";
import { openListeners } from "../http/listeners.ts";
import { serve } from "../http/serve.ts";
import type { Log } from "../log/log.ts";
import { routes, VERSIONS } from "./api.ts";
import {
  type Config,
  configSchema,
  DEFAULT_ENDPOINT,
  developmentEndpoint,
  libraryParameters,
  mayUseToken,
} from "./config.ts";
import { Handles } from "./handles.ts";
import { NativeLibrary } from "./native_library.ts";
import { Operations } from "./operations.ts";
import { ValidationKey } from "./validation_key.ts";

/** Where an administrator may put another implementation. */
const KEYS_LIBRARY = "/usr/lib/libaziot_keys.so";

/** How long changes of the configuration are collected before it is read again. */
const RELOAD_WINDOW_MS = 10_000;

/** How long requests may take to finish when the service is told to end. */
const GRACE_MS = 5_000;

await runDaemon({ name: "aziot-keyd", start });

async function start({ log, sys, timeScale }: DaemonContext): Promise<RunningDaemon> {
  const paths = {
    file: readEnv("AZIOT_KEYD_CONFIG") ?? "/etc/aziot/keyd/config.toml",
    directory: readEnv("AZIOT_KEYD_CONFIG_DIR") ?? "/etc/aziot/keyd/config.d",
  };
  const config = await load(paths, configSchema, log);
  const library = openLibrary(config, log);

  let principals = config.principal;
  const watched = watch(paths, { windowMs: RELOAD_WINDOW_MS * timeScale, log }, async () => {
    // Everything else that the configuration says counts from the next start on.
    principals = (await load(paths, configSchema, log)).principal;
  });

  const handles = new Handles(new ValidationKey(library));
  const operations = new Operations(library, handles, () => principals);
  const endpoint = endpointsAreConfigurable() ? developmentEndpoint(config) : DEFAULT_ENDPOINT;
  const server = await serve({
    listeners: openListeners({ program: "aziot-keyd", sockets: [{ endpoint }], sys }),
    versions: VERSIONS,
    routes: routes(operations, log),
    maxConnections: config.max_requests,
    log,
  });

  return {
    reload: () => watched.reload(),
    async stop() {
      await Promise.all([watched.close(), server.close(GRACE_MS)]);
    },
  };
}

function openLibrary(config: Config, log: Log): NativeLibrary {
  const functions = openKeysLibrary({
    shim: libraryPath("libaziot_keys_shim.so"),
    library: readSwitch("AZIOT_LIB_DIR") ? libraryPath("libaziot_keys.so") : KEYS_LIBRARY,
  });
  log.info(
    `Loaded libaziot-keys with version 0x${functions.version.toString(16).padStart(8, "0")}`,
  );
  const library = new NativeLibrary(functions, !mayUseToken(config));
  for (const [name, value] of libraryParameters(config)) library.setParameter(name, value);
  return library;
}
