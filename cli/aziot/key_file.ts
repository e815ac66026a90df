// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";

/** What a key file is meant to hold; `any`: nothing is known, so both are right. */
export type KeyUse = "pair" | "symmetric" | "any";

/** A key file that was looked at: why the Keys Service cannot use it, or its public key. */
export interface KeyFile {
  /** Such as `it is encrypted`; `undefined` when it can be used. */
  problem?: string;
  /** Of a key pair. */
  publicKey?: KeyObject;
}

/** The Keys Service reads no more. */
const LARGEST = 64 * 1024;

/**
 * Looks at a key file as the Keys Service will: a symmetric key is its bytes, a key pair an
 * unencrypted private key in PEM. Never throws, and shows nothing of the content.
 */
export async function inspectKeyFile(path: string, use: KeyUse): Promise<KeyFile> {
  let bytes: Uint8Array;
  try {
    const info = await Deno.stat(path);
    if (info.isDirectory) return { problem: "it is a directory" };
    if (!info.isFile) return { problem: "it is no regular file" };
    if (info.size > LARGEST) return { problem: "it is larger than 64 KiB" };
    bytes = await Deno.readFile(path);
  } catch (error) {
    return { problem: reasonOf(error) };
  }
  if (bytes.length === 0) return { problem: "it is empty" };

  const text = new TextDecoder().decode(bytes);
  const isPem = text.includes("-----BEGIN ");
  if (use === "symmetric") {
    return isPem
      ? { problem: "it is a PEM file, and a symmetric key is its bytes without any encoding" }
      : {};
  }
  return isPem ? await inspectPem(text) : use === "any" ? {} : { problem: "it is no PEM file" };
}

async function inspectPem(text: string): Promise<KeyFile> {
  if (/-----BEGIN ENCRYPTED |^Proc-Type: *4, *ENCRYPTED/m.test(text)) {
    return { problem: "it is encrypted: the Keys Service has no passphrase for it" };
  }
  const block = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(text)?.[0];
  if (block === undefined) return { problem: "it holds no private key" };
  const { createPrivateKey, createPublicKey } = await import("node:crypto");
  try {
    const publicKey = createPublicKey(createPrivateKey(block));
    const kind = publicKey.asymmetricKeyType ?? "unknown";
    if (["rsa", "rsa-pss", "ec"].includes(kind)) return { publicKey };
    return { problem: `its key is of type ${kind}, only RSA and EC are used` };
  } catch {
    // The parser's words may quote what it read.
    return { problem: "it is no private key that can be read" };
  }
}

/** The operating system's words for why a file could not be read. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/(\(os error \d+\)): .*$/s, "$1");
}
