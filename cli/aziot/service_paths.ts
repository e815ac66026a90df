// SPDX-License-Identifier: MIT

import { isTable } from "../../services/config/merge.ts";
import { type ConfigPaths, readConfig } from "../../services/config/read.ts";
import type { Machine } from "./machine.ts";

/** The daemons that the tool knows; the last is no part of the product. */
export const SERVICES = ["keyd", "certd", "identityd", "tpmd"] as const;

export type Service = typeof SERVICES[number];

/** Where a daemon reads its configuration; the same variables move it as for the daemon. */
export function configPaths(service: Service, machine: Machine): ConfigPaths {
  const name = `AZIOT_${service.toUpperCase()}_CONFIG`;
  return {
    file: machine.env(name) ?? machine.at(`/etc/aziot/${service}/config.toml`),
    directory: machine.env(`${name}_DIR`) ?? machine.at(`/etc/aziot/${service}/config.d`),
  };
}

/** The socket of a daemon; in a development run that of the Identity Service's configuration. */
export async function socketOf(service: Service, machine: Machine): Promise<string> {
  const usual = machine.at(`/run/aziot/${service}.sock`);
  if (machine.env("AZIOT_DEV_ENDPOINTS") !== "1") return usual;
  const { endpoints } = (await readConfig(configPaths("identityd", machine))).document;
  const uri = isTable(endpoints) ? endpoints[`aziot_${service}`] : undefined;
  return typeof uri === "string" ? uri.replace(/^unix:\/\//, "") : usual;
}
