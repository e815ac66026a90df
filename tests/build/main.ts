// SPDX-License-Identifier: MIT

/**
 * `task test:build`: builds the packages of every variant and machine that can be had here, twice,
 * and looks into them. Closes with `N passed, N failed`.
 */

import { close, countTests } from "../../scripts/count_tests.ts";
import { buildNative } from "../../scripts/build_native.ts";
import { ensurePackages, ensurePrerequisites } from "../../scripts/prerequisites.ts";

await ensurePrerequisites([
  "compiler",
  "openssl",
  "curl",
  "debhelper",
  "lintian",
  "gnupg",
  "cross-compiler",
  "qemu",
  "systemd",
  "mmdebstrap",
]);
await ensurePackages();
// The program that passes sockets like systemd is one of the development run's.
const libraries = await buildNative({ sanitize: false });
const directory = new URL(".", import.meta.url).pathname;
Deno.exit(close(await countTests([directory], { AZIOT_LIB_DIR: libraries })));
