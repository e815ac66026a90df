// SPDX-License-Identifier: MIT

import { type Service, socketOf } from "../service_paths.ts";
import { isInstalled, TPM_SOCKET } from "../system/installed_units.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { failure, IGNORED, OK } from "./outcome.ts";

/** One check for each daemon: somebody accepts on its socket; systemd starts it for that. */
export const DAEMONS_RUNNING: readonly Check[] = (["keyd", "certd", "tpmd", "identityd"] as const)
  .map(runningCheck);

function runningCheck(service: Service): Check {
  return {
    id: `${service}-running`,
    description: `${service} is running`,
    run: async (context) => {
      if (service === "tpmd" && !await needsTpmd(context)) return IGNORED;
      const looked = await context.connect(service);
      if ("value" in looked) return OK;
      const socket = await socketOf(service, context.machine);
      return failure(
        `Could not connect to ${service} on unix://${socket}`,
        "See `aziot system status` and `aziot system logs`.",
        looked.error,
      );
    },
  };
}

async function needsTpmd(context: Context): Promise<boolean> {
  if (!await isInstalled(context.machine, TPM_SOCKET)) return false;
  const config = await context.identityd() ?? await context.previous();
  if (config === undefined) return true;
  const { provisioning } = config;
  return provisioning.source === "dps" && provisioning.attestation.method === "tpm";
}
