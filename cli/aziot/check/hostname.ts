// SPDX-License-Identifier: MIT

import { hostNameProblem, isAddress, isNameOf } from "../host_name.ts";
import type { Check } from "./check.ts";
import { failure, type Finding, OK, SKIPPED, warning } from "./outcome.ts";

/** Whether the device's configured name is its own, and one that certificates can have. */
export const HOSTNAME: Check = {
  id: "hostname",
  description: "identityd config toml file specifies a valid hostname",
  info: { config_hostname: null, machine_hostname: null },
  run: async (context) => {
    const name = (await context.identityd())?.hostname;
    if (name === undefined) return SKIPPED;
    const machine = isAddress(name) ? name : context.machine.hostname();
    const info = { config_hostname: name, machine_hostname: machine };
    return { ...findingOf(name, machine), info };
  },
};

function findingOf(name: string, machine: string): Finding {
  if (!isNameOf(name, machine)) {
    return failure(
      `identityd config has hostname ${name} but device reports hostname ${machine}.`,
      "Hostname in identityd config must either be identical to the device hostname or be a " +
        "fully-qualified domain name that has the device hostname as the first component.",
    );
  }
  const problem = hostNameProblem(name);
  if (problem === undefined) return OK;
  return warning(problem, "Give the device a name that keeps these rules and apply again.");
}
