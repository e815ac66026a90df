// SPDX-License-Identifier: MIT

import { UsageError } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { unitProxies } from "../unit_proxies.ts";

/** The proxy on the way to the cloud; `own` is what the command line says. */
export async function proxyOf(own: string | undefined, machine: Machine): Promise<URL | undefined> {
  if (own !== undefined) return parseProxy(own);
  const units = await unitProxies(machine);
  const text = units.find(({ unit }) => unit === "aziot-identityd.service")?.proxy;
  if (text === undefined) return undefined;
  return URL.parse(text.includes("://") ? text : `http://${text}`) ?? undefined;
}

/** Throws {@link UsageError} without the text: it may hold a password. */
export function parseProxy(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && ["http:", "https:"].includes(url.protocol)) return url;
  throw new UsageError("invalid --proxy-uri: expected http://host:port or https://host:port");
}
