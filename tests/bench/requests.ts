// SPDX-License-Identifier: MIT

/** The requests that are measured, byte for byte as they are sent. */

import { encodeBase64 } from "../../services/http/base64.ts";
import { certificatesClient } from "../../services/certd/client.ts";
import { keysClient } from "../../services/keyd/client.ts";

const KEYD = "?api-version=2021-05-01";
const IDENTITYD = "?api-version=2021-12-01";
const CERTD = "?api-version=2020-09-01";
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

/** A handle of a P-256 key pair of a Keys Service, by the id of the pair. */
export async function pairExchange(socket: string): Promise<Exchange> {
  using keys = keysClient({ socket });
  await keys.createKeyPairIfNotExists("bench-ec", "ec-p256");
  return await exchanged(
    socket,
    `GET /keypair/bench-ec${KEYD} HTTP/1.1\r\nHost: keyd.sock\r\n\r\n`,
  );
}

/** ECDSA of a digest with a P-256 key pair of a Keys Service. */
export async function ecdsaExchange(socket: string): Promise<Exchange> {
  using keys = keysClient({ socket });
  const keyHandle = await keys.createKeyPairIfNotExists("bench-ec", "ec-p256");
  const digest = encodeBase64(new Uint8Array(32));
  return await exchanged(
    socket,
    post("/sign", { keyHandle, algorithm: "ECDSA", parameters: { digest } }),
  );
}

/** The signature of a SHA-256 DigestInfo with an RSA-2048 key pair of a Keys Service. */
export async function rsaExchange(socket: string): Promise<Exchange> {
  using keys = keysClient({ socket });
  const keyHandle = await keys.createKeyPairIfNotExists("bench-rsa", "rsa-2048");
  const plaintext = encodeBase64(new Uint8Array(51));
  return await exchanged(
    socket,
    post("/encrypt", { keyHandle, algorithm: "RSA-PKCS1", plaintext }),
  );
}

/** A certificate of a Certificates Service, by its id. */
export async function certificateExchange(socket: string, pem: string): Promise<Exchange> {
  using certificates = certificatesClient({ socket });
  await certificates.importCertificate("bench", pem);
  return await exchanged(
    socket,
    `GET /certificates/bench${CERTD} HTTP/1.1\r\nHost: certd.sock\r\n\r\n`,
  );
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
