// SPDX-License-Identifier: MIT

/**
 * Permissions that a program needs only later: asked about at its start, so that one which is
 * missing shows then and not with the first request that needs it.
 */

/** One permission of this process. */
export type Grant =
  /** A path and everything below it. */
  | { readonly kind: "read" | "write"; readonly path: string }
  /** A unix socket to connect to, which takes all three permissions of its path. */
  | { readonly kind: "socket"; readonly path: string };

/** Throws, naming the first of `needed` that this process was started without. */
export function requireGrants(program: string, needed: readonly Grant[]): void {
  for (const { kind, path } of needed) {
    for (const query of kind === "socket" ? connecting(path) : [{ name: kind, path } as const]) {
      if (Deno.permissions.querySync(query).state === "granted") continue;
      const missing = query.name === "net" ? query.host : path;
      throw new Error(
        `${program} was started without the permission --allow-${query.name}=${missing}`,
      );
    }
  }
}

function connecting(path: string) {
  return [
    { name: "read", path },
    { name: "write", path },
    { name: "net", host: `unix:${path}` },
  ] as const;
}
