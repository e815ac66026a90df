// SPDX-License-Identifier: MIT

/**
 * Builds the C of `ffi/` into `build/<arch>/` (`-- --sanitize`: `build/<arch>-asan/`, with
 * AddressSanitizer and UndefinedBehaviorSanitizer). Each folder says in `native.json` what it
 * makes; a product is rebuilt only when its sources, headers or flags have changed.
 */

import { ensurePrerequisites } from "./prerequisites.ts";

/** `ffi/<folder>/native.json`. Paths are relative to the folder, products to `build/<arch>/`. */
interface NativeFolder {
  /** Shared libraries by file name. */
  libraries?: Record<string, Product>;
  /** Programs of the product or of the development run. */
  programs?: Record<string, Product>;
  /** Test programs and libraries made wrong on purpose, below `build/<arch>/tests/`. */
  tests?: Record<string, Product>;
}

interface Product {
  sources: string[];
  /** Linker arguments, such as `-lcrypto`. */
  link?: string[];
  /** Additional compiler arguments, such as `-DTEST_NO_IPV6`. */
  flags?: string[];
  /** Folders whose headers are included, `.` being this one. */
  include?: string[];
  /** Version script that names the exported symbols. */
  exports?: string;
  /** A test product that is a shared library. */
  shared?: boolean;
}

interface Job {
  folder: string;
  output: string;
  product: Product;
  shared: boolean;
}

/** What to build with. */
interface Toolset {
  compiler: string;
  /** Of the compiler and the linker; the product's own come behind them. */
  flags: string[];
}

/** A build of the shared libraries for packages. */
export interface LibraryBuild extends Toolset {
  /** Where the libraries go. */
  directory: string;
}

const COMMON = [
  "-std=c11",
  "-D_GNU_SOURCE",
  "-fPIC",
  "-fvisibility=hidden",
  "-g",
  "-Wall",
  "-Wextra",
  "-Wconversion",
  "-Wshadow",
  "-Wstrict-prototypes",
  "-Wmissing-prototypes",
  "-Wvla",
  "-Werror",
];
const RELEASE = [
  "-O2",
  "-D_FORTIFY_SOURCE=2",
  "-fstack-protector-strong",
  "-fstack-clash-protection",
];
const SANITIZED = [
  "-O1",
  "-fno-omit-frame-pointer",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=all",
];
const LINK = ["-Wl,-z,relro,-z,now,-z,noexecstack"];

const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");

/** The folder name of this machine's products: Debian's name of the architecture. */
export function architecture(): string {
  return Deno.build.arch === "aarch64" ? "arm64" : "amd64";
}

/** Builds everything that is out of date; throws with the compiler's own text. */
export async function buildNative(options: { sanitize: boolean }): Promise<string> {
  await ensurePrerequisites(["compiler", "openssl"]);
  const directory = `${root}/build/${architecture()}${options.sanitize ? "-asan" : ""}`;
  await Deno.mkdir(`${directory}/tests`, { recursive: true });
  await buildAll(await collectJobs(directory), {
    compiler: Deno.env.get("CC") ?? "cc",
    flags: [...COMMON, ...(options.sanitize ? SANITIZED : RELEASE), ...LINK],
  });
  return directory;
}

/** Builds the shared libraries of the product with other tools; answers their file names. */
export async function buildLibraries(target: LibraryBuild): Promise<string[]> {
  await Deno.mkdir(target.directory, { recursive: true });
  const tests = `${target.directory}/tests/`;
  const jobs = (await collectJobs(target.directory)).filter((job) =>
    job.shared && !job.output.startsWith(tests)
  );
  await buildAll(jobs, { ...target, flags: [...COMMON, ...target.flags] });
  return jobs.map((job) => job.output.slice(target.directory.length + 1));
}

async function buildAll(jobs: Job[], tools: Toolset): Promise<void> {
  // Two compilers at a time: what the smallest machine of ours has cores for.
  const next = jobs[Symbol.iterator]();
  const worker = async () => {
    for (const job of next) await build(job, tools);
  };
  await Promise.all([worker(), worker()]);
}

async function collectJobs(directory: string): Promise<Job[]> {
  const jobs: Job[] = [];
  for await (const entry of Deno.readDir(`${root}/ffi`)) {
    if (!entry.isDirectory) continue;
    const folder = `${root}/ffi/${entry.name}`;
    let text: string;
    try {
      text = await Deno.readTextFile(`${folder}/native.json`);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) continue;
      throw cause;
    }
    const native = JSON.parse(text) as NativeFolder;
    for (const [name, product] of Object.entries(native.libraries ?? {})) {
      jobs.push({ folder, output: `${directory}/${name}`, product, shared: true });
    }
    for (const [name, product] of Object.entries(native.programs ?? {})) {
      jobs.push({ folder, output: `${directory}/${name}`, product, shared: false });
    }
    for (const [name, product] of Object.entries(native.tests ?? {})) {
      const shared = product.shared ?? false;
      jobs.push({ folder, output: `${directory}/tests/${name}`, product, shared });
    }
  }
  return jobs.sort((a, b) => a.output.localeCompare(b.output));
}

async function build(job: Job, { compiler, flags }: Toolset): Promise<void> {
  const { folder, output, product, shared } = job;
  const includes = (product.include ?? []).map((path) => `-I${folder}/${path}`);
  const args = [...flags, ...(product.flags ?? []), ...includes];
  if (shared) args.push("-shared", `-Wl,-soname,${output.slice(output.lastIndexOf("/") + 1)}`);
  if (product.exports) args.push(`-Wl,--version-script=${folder}/${product.exports}`);
  args.push(...product.sources.map((source) => `${folder}/${source}`));

  const inputs = await inputsOf(folder, product);
  const stamp = await digest([compiler, ...args, ...(product.link ?? []), ...inputs]);
  if (await isCurrent(output, stamp)) return;

  const temporary = `${output}.${Deno.pid}.tmp`;
  const { success, stderr } = await new Deno.Command(compiler, {
    args: [...args, "-o", temporary, ...(product.link ?? [])],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`${output}:\n${new TextDecoder().decode(stderr)}`);
  await Deno.rename(temporary, output);
  await Deno.writeTextFile(`${output}.stamp`, stamp);
}

/** The contents of everything a product is made of: its sources and every header in reach. */
async function inputsOf(folder: string, product: Product): Promise<string[]> {
  const contents: string[] = [];
  for (const source of product.sources) {
    contents.push(await Deno.readTextFile(`${folder}/${source}`));
  }
  const places = new Set([".", ...(product.include ?? []), ...product.sources.map(placeOf)]);
  for (const place of [...places].sort()) {
    const headers: string[] = [];
    for await (const entry of Deno.readDir(`${folder}/${place}`)) {
      if (entry.isFile && /\.(h|map)$/.test(entry.name)) headers.push(entry.name);
    }
    for (const header of headers.sort()) {
      contents.push(await Deno.readTextFile(`${folder}/${place}/${header}`));
    }
  }
  return contents;
}

function placeOf(source: string): string {
  const slash = source.lastIndexOf("/");
  return slash < 0 ? "." : source.slice(0, slash);
}

async function isCurrent(output: string, stamp: string): Promise<boolean> {
  try {
    await Deno.stat(output);
    return await Deno.readTextFile(`${output}.stamp`) === stamp;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

async function digest(parts: string[]): Promise<string> {
  const bytes = new TextEncoder().encode(parts.join("\0"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

if (import.meta.main) {
  const args = Deno.args.filter((argument) => argument !== "--");
  const unknown = args.find((argument) => argument !== "--sanitize");
  if (unknown) {
    console.error(`unknown argument ${unknown}; usage: task build:native [-- --sanitize]`);
    Deno.exit(2);
  }
  try {
    await buildNative({ sanitize: args.includes("--sanitize") });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
