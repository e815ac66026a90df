// SPDX-License-Identifier: MIT

import { CloudBeside } from "./cloud_beside.ts";
import { runHost } from "./host.ts";
import { Machine } from "./machine.ts";
import { packageDirectory } from "./packages.ts";

/** Where a machine finds the packages: a flat repository, as a user would add one. */
const REPOSITORY = "/debs";

/** A machine whose apt knows the packages under test; nothing is installed yet. */
export function machineWithRepository(name: string): Promise<Machine> {
  return Machine.boot(name, async (root) => {
    await Deno.mkdir(`${root}${REPOSITORY}`, { recursive: true });
    await runHost([
      "sh",
      "-c",
      `cp "$1"/*.deb "$2" && cd "$2" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null`,
      "sh",
      packageDirectory(),
      `${root}${REPOSITORY}`,
    ]);
    await Deno.writeTextFile(
      `${root}/etc/apt/sources.list.d/aziot.list`,
      `deb [trusted=yes] file:${REPOSITORY} ./\n`,
    );
  });
}

/** A machine with the identity package, installed by name as the README says. */
export async function machineWithPackage(name: string): Promise<Machine> {
  const machine = await machineWithRepository(name);
  try {
    await install(machine);
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** `apt install aziot-identity-service`, from the machine's own repository. */
export async function install(machine: Machine): Promise<string> {
  await machine.sh("apt-get -qq update");
  return await machine.sh(
    "apt-get -y -o Dpkg::Use-Pty=0 install --no-install-recommends aziot-identity-service 2>&1",
  );
}

/** Registers a device and configures the machine for it with `aziot init`. */
export async function provision(machine: Machine, cloud: CloudBeside, id: string): Promise<void> {
  const connectionString = await cloud.addDevice(id);
  await machine.sh("aziot init --non-interactive --connection-string-file -", {
    input: connectionString,
  });
  await machine.eventually(
    "journalctl -o cat -u aziot-identityd | grep -q 'Starting server...'",
    30,
  );
}

/** The command that asks a service, by its socket, as whoever runs it. */
export function ask(service: string, path: string, body?: string): string {
  const payload = body === undefined ? "" : ` -H 'content-type: application/json' -d '${body}'`;
  return `curl -sS --max-time 60 --unix-socket /run/aziot/${service}.sock${payload} ` +
    `'http://localhost${path}'`;
}
