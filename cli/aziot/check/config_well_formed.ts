// SPDX-License-Identifier: MIT

import type { Service } from "../service_paths.ts";
import { isInstalled, TPM_SOCKET } from "../system/installed_units.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import type { Looked } from "./look.ts";
import { failure, fatal, type Finding, IGNORED, OK } from "./outcome.ts";

/** One check for each daemon: its files can be read and mean something. */
export const CONFIG_WELL_FORMED: readonly Check[] = [
  configCheck("keyd", (context) => context.lookAtKeyd()),
  configCheck("certd", (context) => context.lookAtCertd()),
  configCheck("tpmd", (context) => context.lookAtTpmd()),
  configCheck("identityd", (context) => context.lookAtIdentityd()),
];

function configCheck(
  service: Service,
  lookAt: (context: Context) => Promise<Looked<unknown>>,
): Check {
  return {
    id: `${service}-config-well-formed`,
    description: `${service} configuration is well-formed`,
    run: async (context) => {
      if (service === "tpmd" && !await isInstalled(context.machine, TPM_SOCKET)) return IGNORED;
      const looked = await lookAt(context);
      return "value" in looked ? OK : findingOf(service, looked.error);
    },
  };
}

function findingOf(service: Service, error: unknown): Finding {
  let cause = error;
  // These say what this check says.
  while (cause instanceof Error && cause.message === "could not read config") cause = cause.cause;
  if (isPermission(error)) {
    return fatal("Could not open file. You might need to run this command as root.", "", cause);
  }
  return failure(
    `${service}'s configuration file is not well-formed.`,
    "Correct what the cause names (see --verbose); `aziot config apply` writes 00-super.toml anew.",
    cause,
  );
}

function isPermission(error: unknown): boolean {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (next instanceof Deno.errors.PermissionDenied) return true;
  }
  return false;
}
