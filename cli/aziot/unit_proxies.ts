// SPDX-License-Identifier: MIT

import type { Machine } from "./machine.ts";

/** The units that go to the network, as far as they may be on a device. */
const UNITS = [
  "aziot-identityd.service",
  "aziot-certd.service",
  "aziot-edged.service",
  "docker.service",
];

/** The HTTPS proxy of a unit that is installed; no proxy: `undefined`. */
export interface UnitProxy {
  unit: string;
  proxy: string | undefined;
}

/** The proxies that the unit files set. Empty where systemd cannot be asked. */
export async function unitProxies(machine: Machine): Promise<UnitProxy[]> {
  let shown: string;
  try {
    const wanted = ["Id", "LoadState", "Environment"].flatMap((name) => ["-p", name]);
    shown = (await machine.systemctl(["show", ...wanted, ...UNITS])).stdout;
  } catch {
    // Not booted with systemd: then no unit has a proxy.
    return [];
  }
  // The properties of each unit, an empty line between units.
  return shown.split("\n\n").flatMap((properties) => {
    const unit = /^Id=(.*)$/m.exec(properties)?.[1] ?? "";
    const isLoaded = /^LoadState=loaded$/m.test(properties);
    return isLoaded ? [{ unit, proxy: proxyOf(properties) }] : [];
  });
}

/** A warning when only some units have a proxy: the others will not reach the cloud. */
export async function proxyWarnings(machine: Machine): Promise<string[]> {
  const units = await unitProxies(machine);
  const names = (wanted: (unit: UnitProxy) => boolean) =>
    units.filter(wanted).map(({ unit }) => unit).join(", ");
  const having = names(({ proxy }) => proxy !== undefined);
  const lacking = names(({ proxy }) => proxy === undefined);
  if (having === "" || lacking === "") return [];
  return [`an HTTPS proxy is set for ${having}, and none for ${lacking}: set it for all or none`];
}

/** The value of `https_proxy` in a line of systemctl: `Environment=A=1 "B=with space"`. */
function proxyOf(shown: string): string | undefined {
  const line = /^Environment=(.*)$/m.exec(shown)?.[1] ?? "";
  for (const [, quoted, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)) {
    const [, value] = /^https_proxy=(.+)$/i.exec(quoted ?? plain ?? "") ?? [];
    if (value !== undefined) return value;
  }
  return undefined;
}
