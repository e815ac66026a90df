// SPDX-License-Identifier: MIT

/**
 * Writes `packaging/notices/deno-<version>.txt`: the licences of everything that the runtime is
 * made of. For maintainers, when the runtime's version moves:
 *
 *     ./scripts/deno run -A scripts/package/runtime_notices.ts
 *
 * Needs cargo, which fetches the sources of the runtime's crates; what no crate carries stands in
 * `packaging/notices/kept.json`.
 */

import kept from "../../packaging/notices/kept.json" with { type: "json" };
import { chosenLicences, licenceOf, type LicenceText, readLicence } from "./licence_text.ts";
import { removeTree, ROOT, writeFile } from "./paths.ts";
import { RUNTIME_VERSION } from "./runtime.ts";
import { runTool } from "./run_tool.ts";

/** A part of the runtime with the texts that apply to it. */
interface Part {
  name: string;
  licence: string;
  texts: LicenceText[];
}

interface CrateMetadata {
  name: string;
  version: string;
  license: string | null;
  authors: string[];
  manifest_path: string;
}

const TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

async function main(): Promise<void> {
  const scratch = await Deno.makeTempDir();
  try {
    const crates = await cratesOf(scratch);
    const standard = standardTexts(crates.flatMap(({ texts }) => texts));
    const parts = [...keptParts(standard), ...crates.map((crate) => completed(crate, standard))];
    const path = `${ROOT}/packaging/notices/deno-${RUNTIME_VERSION}.txt`;
    await writeFile(path, render(parts));
    console.log(`${path}: ${parts.length} parts`);
  } finally {
    await removeTree(scratch);
  }
}

/** Every crate that the runtime is linked from, with the licence files it carries. */
async function cratesOf(scratch: string): Promise<Part[]> {
  const env = { CARGO_HOME: `${scratch}/cargo` };
  await runTool("cargo", ["info", `deno@${RUNTIME_VERSION}`], { cwd: scratch, env });
  const [unpacked = ""] = (await runTool("sh", [
    "-c",
    `echo "$CARGO_HOME"/registry/src/*/deno-${RUNTIME_VERSION}`,
  ], { env })).trim().split(" ");
  const source = `${scratch}/deno`;
  await runTool("cp", ["-r", unpacked, source]);
  const call = { cwd: source, env };

  const linked = new Set<string>();
  const crates = new Map<string, CrateMetadata>();
  for (const target of TARGETS) {
    await runTool("cargo", ["fetch", "--locked", "--target", target], call);
    const offline = ["--locked", "--offline"];
    const tree = ["tree", ...offline, "-e", "normal,no-proc-macro", "--prefix", "none"];
    const lines = await runTool("cargo", [...tree, "--target", target], call);
    for (const [, name, version] of lines.matchAll(/^(\S+) v(\S+)/gm)) {
      linked.add(`${name} ${version}`);
    }
    const metadata = ["metadata", ...offline, "--format-version=1", "--filter-platform", target];
    const { packages } = JSON.parse(await runTool("cargo", metadata, call)) as {
      packages: CrateMetadata[];
    };
    for (const crate of packages) crates.set(`${crate.name} ${crate.version}`, crate);
  }

  const parts: Part[] = [];
  for (const [name, crate] of crates) {
    if (!linked.has(name)) continue;
    parts.push({ name, licence: crate.license ?? "see its text", texts: await textsOf(crate) });
  }
  return parts.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The licence files of a crate that apply: of a choice those of the licence chosen. */
async function textsOf(crate: CrateMetadata): Promise<LicenceText[]> {
  const directory = crate.manifest_path.replace(/\/[^/]*$/, "");
  const files = await licenceFiles(directory);
  // Libraries of other people inside a crate have a directory and a licence of their own.
  const inner: string[] = [];
  if (crate.name.endsWith("-sys")) {
    for await (const entry of Deno.readDir(directory)) {
      if (!entry.isDirectory || /^(tests?|benches|examples)$/.test(entry.name)) continue;
      inner.push(...await licenceFiles(`${directory}/${entry.name}`));
    }
  }
  const read = async (path: string) => await Deno.readTextFile(path);
  const own = await Promise.all(files.map(read));
  const chosen = chosenLicences(crate.license ?? "");
  const fitting = own.filter((text) => {
    const licence = licenceOf(text);
    return licence === undefined || chosen.includes(licence);
  });
  const texts = (fitting.length > 0 ? fitting : own).map(readLicence);
  const holders = crate.authors.map((author) => `Copyright (c) ${author.replace(/ <.*>$/, "")}`);
  if (texts.length === 0) {
    texts.push(...chosen.map((licence) => ({ copyright: holders, body: "", key: licence })));
  }
  return [...texts, ...(await Promise.all(inner.map(read))).map(readLicence)];
}

async function licenceFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile } of Deno.readDir(directory)) {
    // The tools and tests of a vendored library have licences that its code has not.
    if (!isFile || /gpl|buildtools/i.test(name)) continue;
    if (/^(?:un)?licen[sc]e|^copying|^notice/i.test(name)) found.push(`${directory}/${name}`);
  }
  return found.sort();
}

/** The usual wording of each licence: what most of its users have. */
function standardTexts(texts: LicenceText[]): Map<string, LicenceText> {
  const counts = new Map<string, { text: LicenceText; count: number }>();
  for (const text of texts) {
    const known = counts.get(text.key);
    if (known) known.count++;
    else counts.set(text.key, { text, count: 1 });
  }
  const standard = new Map<string, LicenceText>();
  for (const { text } of [...counts.values()].sort((a, b) => b.count - a.count)) {
    const licence = licenceOf(text.body);
    if (licence !== undefined && !standard.has(licence)) standard.set(licence, text);
  }
  return standard;
}

/** Where a crate has no licence file, the usual wording of what it says its licence is. */
function completed(part: Part, standard: Map<string, LicenceText>): Part {
  const texts = part.texts.map((text) => {
    if (text.body !== "") return text;
    const usual = standard.get(text.key);
    if (usual === undefined) throw new Error(`${part.name}: no text of ${text.key}`);
    return { ...usual, copyright: text.copyright };
  });
  return { ...part, texts };
}

function keptParts(standard: Map<string, LicenceText>): Part[] {
  return kept.parts.map((part) => {
    const { name, licence = "", text, copyright = [] } = part as {
      name: string;
      licence?: string;
      text?: string;
      copyright?: string[];
    };
    if (text === undefined) {
      return completed(
        { name, licence, texts: [{ copyright, body: "", key: licence }] },
        standard,
      );
    }
    const body = Deno.readTextFileSync(`${ROOT}/packaging/notices/kept/${text}`).trimEnd();
    // A text of several licences stays whole.
    return { name, licence, texts: [{ copyright, body, key: name }] };
  });
}

/** The texts, each once, under the parts that it is for. */
function render(parts: Part[]): string {
  const groups = new Map<string, { body: string; users: string[] }>();
  for (const part of parts) {
    for (const text of part.texts) {
      let group = groups.get(text.key);
      if (!group) groups.set(text.key, group = { body: text.body, users: [] });
      group.users.push([part.name, ...text.copyright.map((line) => `    ${line}`)].join("\n"));
    }
  }
  const rule = "=".repeat(78);
  const blocks = [...groups.values()].map(({ body, users }) =>
    `${rule}\n${users.join("\n")}\n${"-".repeat(78)}\n\n${body}\n`
  );
  return blocks.join("\n");
}

if (import.meta.main) {
  await main();
}
