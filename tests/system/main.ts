// SPDX-License-Identifier: MIT

/**
 * `task test:system`: builds the package and tests it on booted Debian machines. Needs root; closes
 * with `N passed, N failed`.
 */

import { close, countTests } from "../../scripts/count_tests.ts";
import { ensurePackages, ensurePrerequisites } from "../../scripts/prerequisites.ts";
import { baseImage } from "./base_image.ts";
import { runHost } from "./host.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

async function main(): Promise<number> {
  if (Deno.uid() !== 0) {
    console.error("test:system boots machines with systemd-nspawn: run it as root");
    return 2;
  }
  await ensurePrerequisites(["compiler", "openssl", "debhelper", "mmdebstrap", "nspawn"]);
  await ensurePackages();
  await baseImage();
  const out = `${root}/build/system/packages`;
  await Deno.remove(out, { recursive: true }).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  });
  // What is tested is the package, not how small it packs.
  await runHost([
    `${root}/scripts/build`,
    "--variant=shared",
    "--compression=gzip",
    "--only=deb",
    `--out=${out}`,
  ]);
  return close(await countTests([`${root}/tests/system`], { AZIOT_SYSTEM_PACKAGES: out }));
}

Deno.exit(await main());
