// SPDX-License-Identifier: MIT

/** Where a request goes. */
export interface Target {
  scheme: "http" | "https";
  /** Name or IP address, without brackets and without the root's dot: what a certificate names. */
  host: string;
  /** Whether {@link host} is an IP address. */
  isAddress: boolean;
  port: number;
  /** Value of the Host header: the URL's text, without the scheme's own port. */
  authority: string;
  /** `host:port`, for messages. */
  peer: string;
  /** Path and query exactly as in the URL. */
  path: string;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/**
 * Takes an `http` or `https` URL apart. Not with `new URL()`: that resolves `.`, `..` and their
 * escaped forms and escapes anew, so that an id could address another resource (cloud-protocols,
 * URL building). A fragment is dropped. Throws `TypeError` naming what is wrong, not the value.
 */
export function parseTarget(url: string): Target {
  const parts = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (!parts) throw new TypeError("not an http or https URL");
  const [, schemeText = "", authorityText = "", rest = ""] = parts;
  const scheme = schemeText.toLowerCase() === "http" ? "http" : "https";
  if (authorityText.includes("@")) throw new TypeError("a URL with user information is not used");
  if (!/^[\x21-\x7e]*$/.test(rest)) {
    throw new TypeError("the URL has a character that must be escaped");
  }

  const address = /^(\[([0-9a-f:.]+)\]|[a-z0-9._-]+)(?::(\d{0,5}))?$/i.exec(authorityText);
  if (!address) throw new TypeError("the URL has no usable host and port");
  const [, hostText = "", ipv6, portText = ""] = address;
  const port = portText === "" ? DEFAULT_PORT[scheme] : Number(portText);
  if (port < 1 || port > 65535) throw new TypeError("the URL's port is not 1 to 65535");
  if (ipv6 !== undefined && !isIpv6(ipv6)) throw new TypeError("the URL's IPv6 address is invalid");

  const host = ipv6 ?? hostText.replace(/\.$/, "");
  if (host === "" || host.length > 253) throw new TypeError("the URL has no usable host");
  return {
    scheme,
    host,
    isAddress: ipv6 !== undefined || IPV4.test(host),
    port,
    authority: port === DEFAULT_PORT[scheme] ? hostText : `${hostText}:${port}`,
    peer: `${hostText}:${port}`,
    path: rest.startsWith("/") ? rest : `/${rest}`,
  };
}

function isIpv6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}
