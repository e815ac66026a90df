// SPDX-License-Identifier: MIT

import { buildLibraries } from "../build_native.ts";
import { ensurePrerequisites } from "../prerequisites.ts";
import { Failure } from "./failure.ts";
import { MULTIARCH, ownArchitecture } from "./machine.ts";
import type { Architecture } from "./options.ts";
import { ROOT } from "./paths.ts";
import { runTool } from "./run_tool.ts";
import { arm64Sysroot, type Sysroot } from "./sysroot.ts";

/** The libraries of a package. */
export interface Libraries {
  /** Where they are. */
  directory: string;
  /** File names, `libaziot_keys.so` among them. */
  names: string[];
  /** For a foreign machine: the system they were linked against. */
  sysroot?: Sysroot;
}

/** Builds the C libraries for `arch` into `directory`, with Debian's flags. */
export async function packageLibraries(
  arch: Architecture,
  directory: string,
): Promise<Libraries> {
  const foreign = arch !== ownArchitecture();
  await ensurePrerequisites(foreign ? ["cross-compiler"] : ["compiler", "openssl"]);
  const sysroot = foreign ? await sysrootOf(arch) : undefined;
  const flags = [
    ...await buildFlags(arch),
    // Debug information must not say where the sources were.
    `-ffile-prefix-map=${ROOT}=/usr/src/aziot`,
    ...sysroot ? [`-ffile-prefix-map=${sysroot.directory}=`, ...sysroot.flags] : [],
  ];
  const compiler = foreign ? `${MULTIARCH[arch]}-gcc` : "cc";
  try {
    const names = await buildLibraries({ directory, compiler, flags });
    return { directory, names, ...sysroot ? { sysroot } : {} };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("build", reason, { cause });
  }
}

async function sysrootOf(arch: Architecture): Promise<Sysroot> {
  if (arch === "arm64") return await arm64Sysroot();
  throw new Failure("tool", `packages for ${arch} are built on ${arch} only`);
}

/** Debian's own flags for packages, hardened in every way it knows. */
async function buildFlags(arch: Architecture): Promise<string[]> {
  const flags: string[] = [];
  for (const kind of ["CPPFLAGS", "CFLAGS", "LDFLAGS"]) {
    const text = await runTool("dpkg-buildflags", ["--get", kind], {
      cwd: "/",
      env: {
        DEB_HOST_ARCH: arch,
        // What is built is shared libraries: -fPIC and not -fPIE, which the common flags say.
        DEB_BUILD_MAINT_OPTIONS: "hardening=+all,-pie reproducible=-fixfilepath",
      },
      failure: "tool",
    });
    flags.push(...text.trim().split(/\s+/).filter((flag) => flag !== ""));
  }
  return [...flags, "-fstack-clash-protection", "-Wl,-z,noexecstack"];
}
