// SPDX-License-Identifier: MIT

/**
 * Writes docs/configuration.md from what the programs themselves know of their configuration:
 *
 *     deno run -A scripts/configuration_reference.ts
 */

import { SHAPES, type TableReference, TABLES } from "../cli/aziot/super_config/reference.ts";
import { configSchema as certdSchema } from "../services/certd/config.ts";
import { configSchema as identitydSchema } from "../services/identityd/config.ts";
import { configSchema as keydSchema } from "../services/keyd/config.ts";
import { type SchemaKey, schemaTables } from "./schema_tables.ts";

const root = new URL("..", import.meta.url).pathname;

/** Where the document stands. */
export const DOCUMENT = `${root}docs/configuration.md`;

/** The document as it should be, formatted. */
export async function configurationReference(): Promise<string> {
  const parts = [
    await Deno.readTextFile(`${root}scripts/configuration_reference.md`),
  ];
  const places: Record<string, string> = {
    "<!-- system configuration -->": TABLES.map((table) => tableText(table, headerOf(table))).join(
      "\n",
    ),
    "<!-- shared tables -->": Object.entries(SHAPES)
      .map(([name, shape]) => tableText(shape, `### ${capital(name)}`)).join("\n"),
    "<!-- keyd -->": await serviceText("keyd", keydSchema, ["config"]),
    "<!-- certd -->": await serviceText("certd", certdSchema, ["config", "issuance", "est_auth"]),
    "<!-- identityd -->": await serviceText("identityd", identitydSchema, ["config"]),
  };
  let text = parts.join("");
  for (const [mark, content] of Object.entries(places)) {
    if (!text.includes(mark)) throw new Error(`scripts/configuration_reference.md lacks ${mark}`);
    text = text.replace(mark, () => content.trim());
  }
  return await formatted(text);
}

function headerOf({ path }: TableReference): string {
  return path === "" ? "### Top level" : `### \`[${path}]\``;
}

function tableText({ help, settings, free }: TableReference, header: string): string {
  const rows = settings.map(({ key, type, shape, usual = "", help }) => {
    const link = shape === undefined
      ? ""
      : `[${shape}](#${shape.toLowerCase().replaceAll(" ", "-")})`;
    if (key === "") return ["", link, "", capital(help)];
    const kind = [type, link].filter((text) => text !== "").join(": ");
    return [`\`${key}\``, kind, usual, capital(help)];
  });
  if (free !== undefined) rows.push([`_${free.name}_`, free.type, "", capital(free.help)]);
  return `${header}\n\n${help}\n\n${rowsText(rows)}`;
}

async function serviceText(service: string, schema: unknown, files: string[]): Promise<string> {
  const comments = await commentsOf(files.map((file) => `services/${service}/${file}.ts`));
  return schemaTables(schema).map(({ path, isList, keys }) => {
    const shown = keys.filter(({ name }) => name !== "endpoints");
    const rows = shown.map((key) => [
      key.name === "<name>" ? "_name_" : `\`${key.name}\``,
      key.type,
      key.name === "<name>" ? "" : key.usual,
      sentence(key, comments),
    ]);
    const header = isList ? `[[${path}]]` : `[${path}]`;
    const title = path === "" ? "#### Top level" : `#### \`${header}\``;
    const about = comments.get(/\w+(?=\W*$)/.exec(path)?.[0] ?? "") ?? "";
    return [title, about, rowsText(rows)].filter((text) => text !== "").join("\n\n");
  }).join("\n");
}

function sentence({ name, when }: SchemaKey, comments: ReadonlyMap<string, string>): string {
  const condition = when.length === 0 ? "" : `With \`${[...new Set(when)].join("`, `")}\`.`;
  const comment = comments.get(name) ?? "";
  return [condition, comment].filter((text) => text !== "").join(" ");
}

/** A comment right above a key of a schema. */
const COMMENTED = /^ +\/\*\* ((?:(?!\*\/)[^])*?) \*\/\n +(\w+): (?:v\.|\w+\()/gm;

/** What the sources say right above a key; of a key that stands twice nothing is taken. */
async function commentsOf(files: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of files) {
    const text = await Deno.readTextFile(root + file);
    for (
      const [, comment = "", key = ""] of text.matchAll(COMMENTED)
    ) {
      const isTwice = found.has(key) ||
        text.match(new RegExp(`^ +${key}: (?:v\\.|\\w+\\()`, "gm"))?.length !== 1;
      found.set(key, isTwice ? "" : comment.replace(/\s*\n\s*\* ?/g, " "));
    }
  }
  return found;
}

function rowsText(rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return [
    cells(["key", "value", "when absent", "meaning"]),
    cells(["-", "-", "-", "-"]),
    ...rows.map(cells),
  ]
    .join("");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "--line-width", "100", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) await Deno.writeTextFile(DOCUMENT, await configurationReference());
