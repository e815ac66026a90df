// SPDX-License-Identifier: MIT

import type { User } from "../machine.ts";
import type { Place } from "../place.ts";

/** The users under which the services run. */
export interface ServiceUsers {
  keyd: User;
  certd: User;
  identityd: User;
  /** Of a TPM service beside ours, when there is one. */
  tpmd: User | undefined;
}

/** Looks up the users of the services. Throws when one is missing. */
export async function serviceUsers(place: Place): Promise<ServiceUsers> {
  return {
    keyd: await required(place, "aziotks"),
    certd: await required(place, "aziotcs"),
    identityd: await required(place, "aziotid"),
    tpmd: await lookUp(place, "aziottpm"),
  };
}

async function required(place: Place, name: string): Promise<User> {
  const user = await lookUp(place, name);
  if (user !== undefined) return user;
  throw new Error(`could not query ${name} user information`, {
    cause: new Error(
      `there is no user ${name}: is the package aziot-identity-service installed completely?`,
    ),
  });
}

async function lookUp(place: Place, name: string): Promise<User | undefined> {
  try {
    return await place.user(name);
  } catch (cause) {
    if (cause instanceof Error && cause.name === "UsageError") throw cause;
    throw new Error(`could not query ${name} user information`, { cause });
  }
}
