// SPDX-License-Identifier: MIT

/** Builds the packages: `scripts/build`. */

import { installedRoots, programs as allPrograms } from "../../packaging/manifest.ts";
import { bundleProgram, checkTypes } from "./bundles.ts";
import { buildPackages, writeDebianDirectory } from "./debian.ts";
import { Failure } from "./failure.ts";
import { packageLibraries } from "./libraries.ts";
import { MULTIARCH, ownArchitecture } from "./machine.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { removeTree } from "./paths.ts";
import { readRelease } from "./release.ts";
import { checkOwnVersion, runtimeFor } from "./runtime.ts";
import { type Built, stageIdentity, stagePrograms } from "./stage.ts";

async function build(options: Options): Promise<void> {
  checkOwnVersion();
  const { arch } = options;
  const release = await readRelease("");
  const programs = allPrograms().filter(({ package: name }) => name === "aziot-identity-service");
  const roots = installedRoots(MULTIARCH[arch]);
  const variant = options.variant ?? "shared";
  const own = ownArchitecture();

  await Deno.mkdir(options.out, { recursive: true });
  const out = await Deno.realPath(options.out);
  const top = `${out}/${variant}-${arch}`;
  await removeTree(top);
  const work = `${top}/source`;
  await Deno.mkdir(work, { recursive: true });

  const runtime = await runtimeFor(arch, own);
  await checkTypes(programs);
  const libraries = await packageLibraries(arch, `${top}/native`);
  const built: Built[] = [];
  for (const program of programs) {
    built.push({ program, bundle: await bundleProgram(program, `${top}/bundles`) });
  }
  const tree = `${work}/aziot-identity-service`;
  await stagePrograms(tree, built, roots, runtime);
  await stageIdentity(tree, programs, libraries);
  await writeDebianDirectory(work, programs, release);
  await buildPackages(work, arch, release, options.compression, libraries);
  for await (const { name } of Deno.readDir(top)) {
    if (name.endsWith(".deb")) await Deno.rename(`${top}/${name}`, `${out}/${name}`);
  }
}

if (import.meta.main) {
  if (Deno.args.some((argument) => argument === "--help" || argument === "-h")) {
    console.log(USAGE.trimEnd());
    Deno.exit(0);
  }
  try {
    await build(parseOptions(Deno.args, ownArchitecture()));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    Deno.exit(error.status);
  }
}
