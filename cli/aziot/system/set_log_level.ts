// SPDX-License-Identifier: MIT

import { replaceFile } from "../../../services/storage/replace_file.ts";
import { CliError, EXIT } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { servicesOf } from "./installed_units.ts";
import { systemctl } from "./units.ts";

/** Sets how much the services log from their next start on. */
export async function systemSetLogLevel(level: string, machine: Machine): Promise<void> {
  const upper = level.toUpperCase();
  const text = `[Service]\nEnvironment=AZIOT_LOG=${upper}\n`;
  for (const service of await servicesOf(machine)) {
    const directory = machine.at(`/etc/systemd/system/${service}.service.d`);
    const path = `${directory}/log-level.conf`;
    try {
      await Deno.mkdir(directory, { recursive: true, mode: 0o755 });
      await replaceFile(path, new TextEncoder().encode(text), { mode: 0o644 });
    } catch (cause) {
      throw new Error(`could not write log level service override for ${service}.service`, {
        cause,
      });
    }
  }
  if (!await systemctl(machine, "daemon-reload")) {
    throw new CliError("could not run systemctl daemon-reload", EXIT.failure);
  }
  machine.out(
    `Set log level to ${upper} for all services. Run the \`aziot system restart\` command for the ` +
      "changes to take effect.\n",
  );
}
