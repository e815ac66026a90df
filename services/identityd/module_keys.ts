// SPDX-License-Identifier: MIT

/**
 * The two keys of a module, derived from one master key in the Keys Service. Nothing is stored
 * per module: whoever has the master key and the hub's answer gets the same keys again.
 */

import type { KeyHandle, KeysClient } from "../keyd/client.ts";

/** The id of the key that all module keys are derived from. */
export const MASTER_KEY_ID = "aziot_identityd_master_id";

/** The part of the Keys Service that deriving needs. */
export type DerivingKeys = Pick<
  KeysClient,
  "loadKey" | "createKeyIfNotExists" | "createDerivedKey" | "exportDerivedKey"
>;

/** A module as far as its keys depend on it. */
export interface KeyedModule {
  readonly moduleId: string;
  readonly generationId: string;
}

/** What a module's keys are derived from, byte for byte; the case of the ids counts. */
export function derivationData(
  { moduleId, generationId }: KeyedModule,
  which: "primary" | "secondary",
): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${moduleId}:${generationId}:${which}`);
}

/** The handle of a module's primary key, which its process signs with. */
export async function primaryKeyHandle(
  keys: DerivingKeys,
  module: KeyedModule,
): Promise<KeyHandle> {
  return await keys.createDerivedKey(await masterKey(keys), derivationData(module, "primary"));
}

/** Both keys of a module for the hub, 32 bytes each, and the handle of the primary one. */
export async function moduleKeys(keys: DerivingKeys, module: KeyedModule): Promise<{
  handle: KeyHandle;
  primary: Uint8Array;
  secondary: Uint8Array;
}> {
  const master = await masterKey(keys);
  const derive = (which: "primary" | "secondary") =>
    keys.createDerivedKey(master, derivationData(module, which));
  const handle = await derive("primary");
  const primary = await keys.exportDerivedKey(handle);
  const secondary = await keys.exportDerivedKey(await derive("secondary"));
  return { handle, primary, secondary };
}

async function masterKey(keys: DerivingKeys): Promise<KeyHandle> {
  try {
    return await keys.loadKey(MASTER_KEY_ID);
  } catch {
    // Creating is the Keys Service's word for "load, or make if there is none": it never replaces.
    return await keys.createKeyIfNotExists(MASTER_KEY_ID, "derive,sign");
  }
}
