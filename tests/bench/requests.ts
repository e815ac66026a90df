// SPDX-License-Identifier: MIT

/** The requests that are measured, byte for byte as they are sent. */

import { encodeBase64 } from "../../services/http/base64.ts";
import { keysClient } from "../../services/keyd/client.ts";

const KEYD = "?api-version=2021-05-01";
const IDENTITYD = "?api-version=2021-12-01";
const KIB = 1024;

/** A request and the answer it gets. */
export interface Exchange {
  readonly request: string;
  /** The answer's body. */
  readonly answer: string;
}

/** A POST to a Keys Service. */
function post(path: string, body: unknown): string {
  const text = JSON.stringify(body);
  return `POST ${path}${KEYD} HTTP/1.1\r\nHost: keyd.sock\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

/** A GET from an Identity Service. */
export function get(path: string): string {
  return `GET ${path}${IDENTITYD} HTTP/1.1\r\nHost: identityd.sock\r\n\r\n`;
}

/** HMAC-SHA256 of a short message, such as a SAS token's, with a key of a Keys Service. */
export async function hmacExchange(socket: string): Promise<Exchange> {
  using keys = keysClient({ socket });
  const keyHandle = await keys.createKeyIfNotExists("bench-sign", "sign");
  const message = encodeBase64(
    new TextEncoder().encode("hub.example/devices/press-07\n1767225600"),
  );
  return await exchanged(
    socket,
    post("/sign", { keyHandle, algorithm: "HMAC-SHA256", parameters: { message } }),
  );
}

/** AEAD encryption of 1 KiB with a key of a Keys Service. */
export async function aeadExchange(socket: string): Promise<Exchange> {
  using keys = keysClient({ socket });
  const keyHandle = await keys.createKeyIfNotExists("bench-encrypt", "encrypt");
  const [iv, aad, plaintext] = [12, 16, KIB].map((length) => encodeBase64(new Uint8Array(length)));
  return await exchanged(
    socket,
    post("/encrypt", { keyHandle, algorithm: "AEAD", parameters: { iv, aad }, plaintext }),
  );
}

/** Sends a request once; throws when the answer is not 200. */
async function exchanged(socket: string, request: string): Promise<Exchange> {
  using connection = await Deno.connect({ transport: "unix", path: socket });
  const bytes = new TextEncoder().encode(
    request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"),
  );
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  const text = await new Response(connection.readable).text();
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(`unexpected answer: ${text}`);
  return { request, answer: text.slice(text.indexOf("\r\n\r\n") + 4) };
}
