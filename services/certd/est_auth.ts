// SPDX-License-Identifier: MIT

/**
 * How a client shows an EST server who it is. The existing product drops what is incomplete or no
 * text instead of refusing it, and devices run with such configurations.
 */

import * as v from "valibot";

/** A certificate and its key in the Keys Service, by their ids. */
export interface EstIdentity {
  readonly cert: string;
  readonly key: string;
}

/** What is offered to an EST server: a password, a client certificate, or both. */
export interface EstAuth {
  readonly basic?: { readonly username: string; readonly password: string };
  /** The client certificate of TLS. */
  readonly identity?: EstIdentity;
  /** What `identity` is obtained with while there is none; only beside it. */
  readonly bootstrap?: EstIdentity;
}

/** The settings of {@link EstAuth} as they stand among others in a table. */
export const authEntries = {
  username: v.optional(v.unknown()),
  password: v.optional(v.unknown()),
  identity_cert: v.optional(v.unknown()),
  identity_pk: v.optional(v.unknown()),
  bootstrap_identity_cert: v.optional(v.unknown()),
  bootstrap_identity_pk: v.optional(v.unknown()),
};

type Settings = { readonly [K in keyof typeof authEntries]?: unknown };

/**
 * The authentication of a table; `undefined`: none, so that a more general one counts. What is
 * dropped is told to `complain`.
 */
export function authOf(table: Settings, complain: (text: string) => void): EstAuth | undefined {
  const pair = (first: keyof Settings, second: keyof Settings): [string, string] | undefined => {
    const [a, b] = [table[first], table[second]];
    if (typeof a === "string" && typeof b === "string") return [a, b];
    for (const [name, value] of [[first, a], [second, b]] as const) {
      if (value !== undefined && typeof value !== "string") {
        complain(`\`${name}\` is not a string and is ignored`);
      }
    }
    if (typeof a === "string") complain(`\`${first}\` is ignored without \`${second}\``);
    if (typeof b === "string") complain(`\`${second}\` is ignored without \`${first}\``);
    return undefined;
  };
  const basic = pair("username", "password");
  const identity = pair("identity_cert", "identity_pk");
  const bootstrap = pair("bootstrap_identity_cert", "bootstrap_identity_pk");
  if (bootstrap && !identity) {
    complain(
      "`bootstrap_identity_cert` and `bootstrap_identity_pk` are ignored without " +
        "`identity_cert` and `identity_pk`",
    );
  }
  if (!basic && !identity) return undefined;
  return {
    ...basic && { basic: { username: basic[0], password: basic[1] } },
    ...identity && { identity: identityOf(identity) },
    ...identity && bootstrap && { bootstrap: identityOf(bootstrap) },
  };
}

function identityOf([cert, key]: [string, string]): EstIdentity {
  return { cert, key };
}
