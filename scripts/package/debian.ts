// SPDX-License-Identifier: MIT

/** Makes Debian packages of staged trees. */

import type { Program } from "../../packaging/manifest.ts";
import { ensurePrerequisites } from "../prerequisites.ts";
import { isDaemon } from "./bundles.ts";
import type { Libraries } from "./libraries.ts";
import type { Architecture } from "./options.ts";
import { ROOT, writeFile } from "./paths.ts";
import type { Release } from "./release.ts";
import { runTool } from "./run_tool.ts";

const PACKAGE = "aziot-identity-service";

/** Puts `debian/` beside the staged trees in `work`: the source package, as far as there is one. */
export async function writeDebianDirectory(
  work: string,
  programs: readonly Program[],
  release: Release,
): Promise<void> {
  const target = `${work}/debian`;
  await runTool("cp", ["-r", `${ROOT}/packaging/debian`, target]);
  await writeFile(`${target}/changelog`, release.changelog);

  const manuals: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}/packaging/man`)) manuals.push(name);
  const documented = new Set(programs.map((program) => program.name));
  const wanted = manuals.filter((name) => documented.has(name.replace(/\.\d$/, ""))).sort();
  for (const name of wanted) {
    await Deno.copyFile(`${ROOT}/packaging/man/${name}`, `${target}/${name}`);
  }
  await writeFile(
    `${target}/${PACKAGE}.manpages`,
    wanted.map((name) => `debian/${name}\n`).join(""),
  );

  // debhelper takes units by the package's name and their own.
  for (const { name } of programs.filter(isDaemon)) {
    for (const kind of ["service", "socket"]) {
      const unit = `${ROOT}/packaging/units/${name}.${kind}`;
      await Deno.copyFile(unit, `${target}/${PACKAGE}.${name}.${kind}`);
    }
  }
}

/** Runs the package build in `work`; the packages appear in its parent directory. */
export async function buildPackages(
  work: string,
  arch: Architecture,
  release: Release,
  compression: "xz" | "gzip",
  libraries: Libraries,
): Promise<void> {
  await ensurePrerequisites(["debhelper"]);
  const { database } = libraries.sysroot ?? {};
  await runTool("dpkg-buildpackage", ["-us", "-uc", "-b", "-d", `-a${arch}`], {
    cwd: work,
    env: {
      SOURCE_DATE_EPOCH: String(release.epoch),
      AZIOT_COMPRESSION: compression,
      // The archive's level for xz; for gzip, which only tests use, the fastest.
      AZIOT_COMPRESSION_LEVEL: compression === "gzip" ? "1" : "6",
      ...database === undefined ? {} : { AZIOT_SHLIBS_DB: database },
    },
  });
}
