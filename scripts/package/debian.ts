// SPDX-License-Identifier: MIT

/** Makes Debian packages of staged trees. */

import type { Program } from "../../packaging/manifest.ts";
import { ensurePrerequisites } from "../prerequisites.ts";
import { isDaemon } from "./bundles.ts";
import type { Libraries } from "./libraries.ts";
import type { Architecture, Variant } from "./options.ts";
import { ROOT, writeFile } from "./paths.ts";
import type { Release } from "./release.ts";
import { runTool } from "./run_tool.ts";

const PACKAGE = "aziot-identity-service";

/** What the Debian part of the source depends on. */
export interface DebianContent {
  programs: readonly Program[];
  release: Release;
  variant: Variant;
  /** The text of THIRD-PARTY-NOTICES. */
  notices: string;
}

/** Puts `debian/` beside the staged trees in `work`: the source package, as far as there is one. */
export async function writeDebianDirectory(work: string, content: DebianContent): Promise<void> {
  const { programs, release, variant, notices } = content;
  const target = `${work}/debian`;
  await runTool("cp", ["-r", `${ROOT}/packaging/debian`, target]);
  await writeFile(`${target}/changelog`, release.changelog);
  await writeFile(`${target}/THIRD-PARTY-NOTICES`, notices);
  await writeFile(`${target}/${PACKAGE}.docs`, "debian/THIRD-PARTY-NOTICES\n");
  await chooseOverrides(target, variant);

  // Programs that this build does not have need neither page nor unit.
  const names = new Set(programs.map((program) => program.name));
  const pages: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}/packaging/man`)) {
    if (!names.has(name.replace(/\.\d$/, ""))) continue;
    await Deno.copyFile(`${ROOT}/packaging/man/${name}`, `${target}/${name}`);
    pages.push(`debian/${name}\n`);
  }
  await writeFile(`${target}/${PACKAGE}.manpages`, pages.sort().join(""));

  // debhelper takes units by the package's name and their own.
  for (const { name } of programs.filter(isDaemon)) {
    for (const kind of ["service", "socket", "target"]) {
      const unit = `${ROOT}/packaging/units/${name}.${kind}`;
      await Deno.copyFile(unit, `${target}/${PACKAGE}.${name}.${kind}`);
    }
  }
}

/** Exceptions from lintian's rules: those of every package, then those of its variant. */
async function chooseOverrides(target: string, variant: Variant): Promise<void> {
  const general = `${target}/${PACKAGE}.lintian-overrides`;
  let text = await Deno.readTextFile(general);
  for (const own of ["compile", "shared"] as const) {
    const special = `${general}.${own}`;
    if (own === variant) text += `\n${await Deno.readTextFile(special)}`;
    await Deno.remove(special);
  }
  await writeFile(general, text);
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
  const { sysroot } = libraries;
  await runTool("dpkg-buildpackage", ["-us", "-uc", "-b", "-d", `-a${arch}`], {
    cwd: work,
    env: {
      SOURCE_DATE_EPOCH: String(release.epoch),
      // There are none here; without this a build for another machine warns of them.
      DEB_BUILD_OPTIONS: "nocheck",
      AZIOT_COMPRESSION: compression,
      // The archive's level for xz; for gzip, which only tests use, the fastest.
      AZIOT_COMPRESSION_LEVEL: compression === "gzip" ? "1" : "6",
      ...sysroot === undefined ? {} : {
        AZIOT_SHLIBS_DATABASE: sysroot.database,
        AZIOT_SHLIBS_DIRECTORIES: sysroot.libraries.join(":"),
      },
    },
  });
}
