// SPDX-License-Identifier: MIT

import type { Machine } from "../machine.ts";

/** The service that is started by name, so that the device provisions without a caller. */
export const FIRST_SERVICE = "aziot-identityd";

/** The socket unit of a TPM service; our package has none, the field's may be beside it. */
export const TPM_SOCKET = "aziot-tpmd.socket";

/** The services of this system, without endings, in the order in which they are worked on. */
export async function servicesOf(machine: Machine): Promise<string[]> {
  const hasTpmd = await isInstalled(machine, TPM_SOCKET);
  const tpmd = hasTpmd ? [TPM_SOCKET.replace(".socket", "")] : [];
  return [FIRST_SERVICE, "aziot-keyd", "aziot-certd", ...tpmd];
}

/** Whether systemd knows a unit. */
export async function isInstalled(machine: Machine, unit: string): Promise<boolean> {
  try {
    return (await machine.systemctl(["cat", unit])).success;
  } catch {
    // Without systemctl no unit can be asked for; starting the services will say so.
    return false;
  }
}
