// SPDX-License-Identifier: MIT

import { identityClient } from "../../../services/identityd/client.ts";
import { NotConnectedError, RemoteError } from "../../../services/http/client_errors.ts";
import { CliError, EXIT } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { socketOf } from "../service_paths.ts";

/** The Identity Service waits for the cloud, and for its throttle. */
const TEN_MINUTES = 600_000;

/** Has the device provisioned anew, as after its record in the cloud was changed. */
export async function systemReprovision(machine: Machine): Promise<void> {
  const socket = await socketOf("identityd", machine);
  try {
    await identityClient({
      socket,
      timeoutMs: TEN_MINUTES,
      pause: (milliseconds) => {
        const seconds = Math.round(milliseconds / 1_000);
        machine.err(`The Identity Service is throttled: asking again in ${seconds} seconds.\n`);
        return machine.pause(milliseconds);
      },
    }).reprovision();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`Failed to reprovision: ${reason}${hintFor(error)}`, EXIT.failure);
  }
  machine.out("Successfully reprovisioned with IoT Hub.\n");
}

function hintFor(error: unknown): string {
  if (error instanceof RemoteError && isOfCloud(error)) {
    return "\nSee `aziot check`: is the cloud reachable, and the device known and enabled there?";
  }
  if (error instanceof RemoteError && [401, 403, 404].includes(error.status)) {
    return "\nOnly an administrator may ask for this: run the command as root.";
  }
  if (!(error instanceof NotConnectedError)) return "";
  return /permission denied/i.test(error.message)
    ? "\nRun the command as root, or as a member of the group aziotid."
    : "\nSee `aziot system status`: is the Identity Service running?";
}

/** The Identity Service answers 404 for everything that the cloud refuses, and says which part did. */
function isOfCloud({ status, message }: RemoteError): boolean {
  return status === 404 && /^(Hub|DPS) client error/.test(message);
}
