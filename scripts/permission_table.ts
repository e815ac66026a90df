// SPDX-License-Identifier: MIT

/**
 * Writes what each program may do into `docs/security.md`, between its two markers, from the
 * manifest:
 *
 *     ./scripts/deno run -A scripts/permission_table.ts
 */

import { granted, installedRoots, type Program, programs } from "../packaging/manifest.ts";

const BEGIN =
  "<!-- permissions: made by scripts/permission_table.ts from packaging/services.json -->";
const END = "<!-- end of permissions -->";
const ROOTS = installedRoots("<machine>");

/** The words for each kind of grant, in the order of the table. */
const KINDS = [
  ["read", "reads"],
  ["write", "writes"],
  ["net", "network"],
  ["run", "starts"],
  ["ffi", "loads"],
  ["env", "environment"],
  ["sys", "system information"],
  ["nativeRead", "C code reads"],
  ["nativeWrite", "C code writes"],
] as const;

/** The tables of all programs, in Markdown. */
export function permissionTables(): string {
  return programs().map((program) =>
    [
      `### ${program.name}`,
      "",
      `${program.description}. User: \`${program.user}\`.`,
      "",
      "| may | what |",
      "| --- | --- |",
      ...KINDS.map(([kind, word]) => `| ${word} | ${entries(program, kind)} |`),
      "",
    ].join("\n")
  ).join("\n");
}

function entries(program: Program, kind: typeof KINDS[number][0]): string {
  const grant = granted(program, kind, ROOTS);
  if (grant === true) return "all";
  if (grant.length === 0) return "nothing";
  return grant.map((entry) => `\`${entry}\``).join(", ");
}

/** The document with its tables renewed; throws when a marker is missing. */
export async function withTables(document: string): Promise<string> {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error("the markers are missing");
  return await formatted(`${before}${BEGIN}\n\n${permissionTables()}\n${END}${after}`);
}

/** As `deno fmt` leaves it, so that formatting does not make the document look out of date. */
async function formatted(markdown: string): Promise<string> {
  const root = new URL("..", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt refused the document");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const path = new URL("../docs/security.md", import.meta.url);
  await Deno.writeTextFile(path, await withTables(await Deno.readTextFile(path)));
}
