// SPDX-License-Identifier: MIT

import { TlsError } from "../../../services/tls/errors.ts";
import type { Target } from "../../../services/tls/target.ts";
import type { Transport } from "../../../services/http/transport.ts";

/** A proxy has little to say before the tunnel is open. */
const LARGEST_HEAD = 16 * 1024;

/** Has a proxy connect to the target (RFC 9110, section 9.3.6). Throws `TlsError`. */
export async function openTunnel(proxy: Transport, target: Target, url: URL): Promise<void> {
  const { peer } = target;
  const head = [`CONNECT ${peer} HTTP/1.1`, `Host: ${peer}`, ...authorization(url), "", ""];
  await proxy.write(new TextEncoder().encode(head.join("\r\n")));
  const [status = ""] = (await readHead(proxy)).split("\r\n");
  if (/^HTTP\/1\.[01] 2\d\d( |$)/.test(status)) return;
  const code = /^HTTP\/1\.[01] (\d{3})/.exec(status)?.[1];
  throw new TlsError(
    "proxy",
    code === undefined
      ? `${proxy.peer} does not answer like an HTTP proxy`
      : `the proxy ${proxy.peer} refused to connect to ${peer} (HTTP status ${code})`,
  );
}

function authorization({ username, password }: URL): string[] {
  if (username === "" && password === "") return [];
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const encoded = new TextEncoder().encode(credentials).toBase64();
  return [`Proxy-Authorization: Basic ${encoded}`];
}

/** Reads up to the empty line; behind it the target is silent until we speak. */
async function readHead(proxy: Transport): Promise<string> {
  let text = "";
  const byte = new Uint8Array(1024);
  while (!text.includes("\r\n\r\n")) {
    const count = await proxy.read(byte);
    if (count === null || text.length > LARGEST_HEAD) {
      throw new TlsError("proxy", `${proxy.peer} does not answer like an HTTP proxy`);
    }
    text += String.fromCharCode(...byte.subarray(0, count));
  }
  return text;
}
