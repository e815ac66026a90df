// SPDX-License-Identifier: MIT

/**
 * Where the service may read and write beside its configuration and its home: fixed, since users
 * choose where their certificates lie and a package cannot know. `packaging/services.json` grants
 * the same.
 */

import type { Grant } from "../http/grants.ts";

const READ = [
  "/etc",
  "/home",
  "/opt",
  "/srv",
  "/usr/local",
  "/usr/share",
  "/var/lib",
  "/var/secrets",
];

const WRITE = ["/var/secrets"];

/** The permissions that no request must be the first to miss; `home` is the service's own. */
export function lastingGrants(home: string): Grant[] {
  return [
    ...[home, ...READ].map((path): Grant => ({ kind: "read", path })),
    ...[home, ...WRITE].map((path): Grant => ({ kind: "write", path })),
  ];
}
