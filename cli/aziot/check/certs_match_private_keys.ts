// SPDX-License-Identifier: MIT

import type { KeyObject } from "node:crypto";
import { isSameKey, parseCertificates } from "../certificate_file.ts";
import { inspectKeyFile } from "../key_file.ts";
import { localPath } from "../super_config/key_uri.ts";
import type { Check } from "./check.ts";
import type { Context } from "./context.ts";
import { valueOf } from "./look.ts";
import { type Remark, SKIPPED, together } from "./outcome.ts";

/** A certificate and its key that are just being renewed differ for a moment. */
const PAUSE_MS = 3000;

/** Whether preloaded certificates and keys of the same id belong together. */
export const CERTS_MATCH_PRIVATE_KEYS: Check = {
  id: "certs-match-private-keys",
  description: "ensure all preloaded certificates match preloaded private keys with the same ID",
  run: async (context) => {
    const [certd, keyd] = [await context.certd(), await context.keyd()];
    if (certd === undefined || keyd === undefined) return SKIPPED;
    const ids = Object.keys(keyd.preloaded_keys).filter((id) => certd.preloaded_certs.has(id));
    const different: string[] = [];
    for (const id of ids) {
      const [certificate, key] = [await certKey(id, context), await keyOf(id, context)];
      if (certificate && key && !isSameKey(certificate, key)) different.push(id);
    }
    const remarks = (await persistent(different, context)).map((id): Remark => ({
      kind: "error",
      line: `preloaded cert with ID "${id}" does not match preloaded private key with ID "${id}"`,
    }));
    return together(
      remarks,
      "Give the certificate the key that it was issued for, or the reverse.",
    );
  },
};

async function certKey(id: string, context: Context): Promise<KeyObject | undefined> {
  const [leaf] = valueOf((await certificates(context)).get(id) ?? { error: undefined }) ?? [];
  return leaf?.publicKey ?? await fileCertKey(id, context);
}

async function certificates(context: Context): ReturnType<Context["certificates"]> {
  return await context.isRunning("certd") ? await context.certificates() : new Map();
}

async function keyOf(id: string, context: Context): Promise<KeyObject | undefined> {
  const keys = await context.isRunning("keyd") ? await context.keys() : new Map();
  return valueOf<KeyObject | undefined>(keys.get(id) ?? { error: undefined }) ??
    await fileKey(id, context);
}

async function fileCertKey(id: string, context: Context): Promise<KeyObject | undefined> {
  const place = (await context.certd())?.preloaded_certs.get(id);
  if (place?.kind !== "file") return undefined;
  try {
    const pem = await Deno.readTextFile(context.machine.at(place.path));
    return (await parseCertificates(pem))[0]?.publicKey;
  } catch {
    // Other checks tell of a certificate that cannot be read.
    return undefined;
  }
}

async function fileKey(id: string, context: Context): Promise<KeyObject | undefined> {
  const path = localPath((await context.keyd())?.preloaded_keys[id] ?? "");
  if (path === undefined) return undefined;
  return (await inspectKeyFile(context.machine.at(path), "any")).publicKey;
}

/** Of the ids those whose files still differ after a pause; what is not in files stays as it is. */
async function persistent(ids: readonly string[], context: Context): Promise<string[]> {
  if (ids.length === 0) return [];
  await context.machine.pause(PAUSE_MS);
  const still: string[] = [];
  for (const id of ids) {
    const [certificate, key] = [await fileCertKey(id, context), await fileKey(id, context)];
    if (!certificate || !key || !isSameKey(certificate, key)) still.push(id);
  }
  return still;
}
