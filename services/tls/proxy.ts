// SPDX-License-Identifier: MIT

/** The proxy that the environment names for all traffic to the cloud and to EST servers. */

/** A proxy server. */
export interface Proxy {
  /** `http:`, or `https:` for TLS to the proxy itself. */
  readonly url: URL;
  /** The URL for logs, its password masked. */
  readonly shown: string;
}

const VARIABLES = ["HTTPS_PROXY", "https_proxy"];

/**
 * The proxy of the environment: `HTTPS_PROXY`, else `https_proxy`; empty counts as unset, a value
 * without a scheme means `http://`. Throws when it cannot be understood, without repeating it: it
 * may hold a password.
 */
export function readProxy(read: (name: string) => string | undefined): Proxy | undefined {
  for (const variable of VARIABLES) {
    const value = read(variable);
    if (value) return proxyOf(value, variable);
  }
  return undefined;
}

function proxyOf(value: string, variable: string): Proxy {
  const text = value.includes("://") ? value : `http://${value}`;
  if (!URL.canParse(text)) throw invalid(`invalid authority in ${variable}`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw invalid(`scheme "${url.protocol.slice(0, -1)}" in ${variable}, expected http or https`);
  }
  const shown = new URL(url);
  if (url.password !== "") shown.password = "******";
  return { url, shown: shown.href };
}

function invalid(reason: string): Error {
  return new Error("invalid proxy uri", { cause: new Error(reason) });
}
