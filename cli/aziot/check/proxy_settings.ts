// SPDX-License-Identifier: MIT

import { proxyWarnings } from "../unit_proxies.ts";
import type { Check } from "./check.ts";
import { OK, warning } from "./outcome.ts";

/** Whether all that goes to the cloud goes the same way. */
export const PROXY_SETTINGS: Check = {
  id: "proxy-settings",
  description: "all services use a proxy or none does",
  run: async ({ machine }) => {
    const [line] = await proxyWarnings(machine);
    if (line === undefined) return OK;
    const [message = line, remedy = ""] = line.split(": ");
    return warning(message, `${remedy.replace(/^s/, "S")}, with 'systemctl edit' of each unit.`);
  },
};
