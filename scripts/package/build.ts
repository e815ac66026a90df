// SPDX-License-Identifier: MIT

/** The steps of a package build, in their order. */

import {
  installedRoots,
  type Program,
  programs as allPrograms,
  type Roots,
} from "../../packaging/manifest.ts";
import { type Bundle, bundleProgram, checkTypes } from "./bundles.ts";
import { checkSizes, checkWithLintian, megabytes } from "./checks.ts";
import { sha256OfFile } from "./checksum.ts";
import { compileProgram } from "./compile.ts";
import { buildPackages, writeDebianDirectory } from "./debian.ts";
import { type Compiler, genuineStub } from "./denort.ts";
import { Failure, STATUS } from "./failure.ts";
import { type Libraries, packageLibraries } from "./libraries.ts";
import { MULTIARCH, ownArchitecture } from "./machine.ts";
import { runtimeCrates, runtimeNotices, thirdPartyNotices } from "./notices.ts";
import { npmLibraries } from "./npm_libraries.ts";
import type { Options } from "./options.ts";
import { OutDirectory } from "./out_directory.ts";
import { removeTree, writeFile } from "./paths.ts";
import { readRelease, type Release } from "./release.ts";
import { writeChecksums, writeRepository } from "./repository.ts";
import { checkOwnVersion, RUNTIME_VERSION, runtimeFor, versionOf } from "./runtime.ts";
import { billOfMaterials } from "./sbom.ts";
import { type Built, stageCompletions, stageIdentity, stagePrograms } from "./stage.ts";

const PACKAGE = "aziot-identity-service";

/** What programs are made with: a compiler with its stub, or the runtime that is shipped. */
type Engine =
  | { variant: "compile"; version: string; path: string; compiler: Compiler }
  | { variant: "shared"; version: string; path: string };

/** Builds what the options ask for; `say` gets a line for each thing that users want to know. */
export async function build(options: Options, say: (line: string) => void): Promise<void> {
  checkOwnVersion();
  using out = await OutDirectory.take(options.out);
  const release = await readRelease(options.toolchain === undefined ? "" : "~test");
  if (options.toolchain !== undefined) {
    say(`built with the toolchain in ${options.toolchain}: for tests, not to be shipped`);
  }

  const scratch = `${out.path}/.scratch`;
  await removeTree(scratch);
  try {
    const engine = await chooseEngine(options, `${scratch}/denort`, say);
    const work = `${out.path}/${engine.variant}-${options.arch}`;
    await removeTree(work);
    await Deno.mkdir(`${work}/source`, { recursive: true });
    await buildVariant(options, engine, release, { out: out.path, work, scratch }, say);
  } finally {
    await removeTree(scratch);
  }
}

async function chooseEngine(
  options: Options,
  scratch: string,
  say: (line: string) => void,
): Promise<Engine> {
  const { arch, toolchain } = options;
  const own = ownArchitecture();
  const deno = toolchain === undefined ? Deno.execPath() : `${toolchain}/deno`;
  const version = toolchain === undefined ? RUNTIME_VERSION : await versionOf(deno);
  if (options.variant !== "shared") {
    const path = toolchain === undefined
      ? options.denort ?? (Deno.env.get("DENORT_BIN") || undefined)
      : `${toolchain}/denort`;
    try {
      const compiler = await genuineStub({ arch, deno, version, path }, scratch);
      return { variant: "compile", version, path: compiler.stub, compiler };
    } catch (cause) {
      const absent = cause instanceof Failure && cause.status === STATUS.denort &&
        path === undefined;
      if (options.variant === "compile" || !absent) throw cause;
      say(`building the shared variant: ${cause.message.split("\n", 1)[0]}`);
    }
  }
  const given = options.deno ?? (toolchain === undefined ? undefined : deno);
  const path = await runtimeFor(
    arch,
    own,
    given === undefined ? undefined : { path: given, version },
  );
  return { variant: "shared", version, path };
}

/** Where a build works: its results, its own directory there, and what goes away afterwards. */
interface Places {
  out: string;
  work: string;
  scratch: string;
}

async function buildVariant(
  options: Options,
  engine: Engine,
  release: Release,
  places: Places,
  say: (line: string) => void,
): Promise<void> {
  const { arch, only, compression } = options;
  const { out, work, scratch } = places;
  const roots = installedRoots(MULTIARCH[arch]);
  const programs = allPrograms().filter((program) => program.package === PACKAGE);

  await checkTypes(programs);
  const bundles = new Map<Program, Bundle>();
  for (const program of programs) {
    bundles.set(program, await bundleProgram(program, `${scratch}/bundles`));
  }
  const libraries = await packageLibraries(arch, `${work}/native`);
  const built = await makePrograms(bundles, engine, roots, options, release, work);
  if (only === "bin") {
    // Without a package around them they are laid out as in one.
    await stagePrograms(`${work}/programs`, built, roots, runtimeToShip(engine));
    return;
  }

  const tree = `${work}/source/${PACKAGE}`;
  await stagePrograms(tree, built, roots, runtimeToShip(engine));
  await stageIdentity(tree, programs, libraries);
  const tool = [...bundles].find(([{ name }]) => name === "aziot")?.[1];
  if (tool === undefined) throw new Failure("build", "the manifest has no program aziot");
  await stageCompletions(tree, tool, `${scratch}/tool`);
  const [npm, runtime] = [await npmLibraries([...bundles.values()]), await runtimeNotices()];
  await writeDebianDirectory(`${work}/source`, {
    programs,
    release,
    variant: engine.variant,
    notices: thirdPartyNotices(npm, runtime),
  });
  if (only === "tree") return;

  const packages = await makePackages(options, libraries, release, places);
  await writeFile(
    `${out}/${PACKAGE}_${release.version}_${arch}.cdx.json`,
    await billOfMaterials({
      package: PACKAGE,
      version: release.version,
      arch,
      variant: engine.variant,
      epoch: release.epoch,
      libraries: npm,
      runtime: {
        version: engine.version,
        sha256: await sha256OfFile(engine.path),
        crates: runtimeCrates(runtime),
      },
    }),
  );
  await writeRepository(out, release.epoch, options.signKey);
  await writeChecksums(out);
  for (const name of packages) say(`${out}/${name}`);
  if (only === "deb") return;

  await checkWithLintian(packages.map((name) => `${out}/${name}`));
  const identity = packages.find((name) => name.startsWith(`${PACKAGE}_`));
  if (identity === undefined) throw new Failure("build", `no package ${PACKAGE} was made`);
  const sizes = await checkSizes(`${out}/${identity}`, engine.variant, compression);
  say(`${megabytes(sizes.file)} (${compression}), ${megabytes(sizes.installed)} installed`);
}

function runtimeToShip(engine: Engine): string | undefined {
  return engine.variant === "shared" ? engine.path : undefined;
}

async function makePrograms(
  bundles: Map<Program, Bundle>,
  engine: Engine,
  roots: Roots,
  options: Options,
  release: Release,
  work: string,
): Promise<Built[]> {
  if (engine.variant === "shared") {
    return [...bundles].map(([program, bundle]) => ({ program, bundle }));
  }
  const target = { arch: options.arch, compiler: engine.compiler, epoch: release.epoch };
  const built: Built[] = [];
  for (const [program, bundle] of bundles) {
    const executable = await compileProgram(program, bundle, roots, target, `${work}/compiled`);
    built.push({ program, executable });
  }
  return built;
}

/** Makes the packages and brings them to `out` whole: a name is there when its file is complete. */
async function makePackages(
  options: Options,
  libraries: Libraries,
  release: Release,
  { out, work }: Places,
): Promise<string[]> {
  await buildPackages(`${work}/source`, options.arch, release, options.compression, libraries);
  const names: string[] = [];
  for await (const { name } of Deno.readDir(work)) {
    if (name.endsWith(".deb")) names.push(name);
  }
  await removeOld(out, options.arch);
  for (const name of names.sort()) await Deno.rename(`${work}/${name}`, `${out}/${name}`);
  return names;
}

/** Packages of an earlier build for this architecture: a repository has one version of each. */
async function removeOld(out: string, arch: Options["arch"]): Promise<void> {
  const ours = new RegExp(`^${PACKAGE}(-dbgsym)?_.*_${arch}\\.(deb|cdx\\.json)$`);
  for await (const { name } of Deno.readDir(out)) {
    if (ours.test(name)) await Deno.remove(`${out}/${name}`);
  }
}
