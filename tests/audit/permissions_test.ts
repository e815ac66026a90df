// SPDX-License-Identifier: MIT

/**
 * All tests have run with `AZIOT_PERMISSION_AUDIT`: every program that they started has noted what
 * it asked the runtime for. None asked for more than the manifest grants it, and none is granted
 * what none asked for; what is known and meant stands in `exceptions.json`, with the reason.
 */

import assert from "node:assert/strict";
import { developmentRoots, type Program, programs } from "../../packaging/manifest.ts";
import exceptions from "./exceptions.json" with { type: "json" };
import { countingEntries, entriesFor, KINDS, readUses, type Use } from "./uses.ts";

/** What `scripts/run.ts` has written beside an audit. */
interface Start {
  program: string;
  directory: string;
  libraries: string;
}

interface Audit {
  /** Uses that are not granted, each once, by program. */
  outside: Set<string>;
  /** Entries that a use has needed, as `program kind entry`. */
  needed: Set<string>;
  /** How often each program was started. */
  starts: Map<string, number>;
}

const audit = await gather();

for (const subject of programs()) {
  Deno.test(`${subject.name} has asked for nothing beyond its entry in the manifest`, () => {
    assert.ok((audit.starts.get(subject.name) ?? 0) > 4, "next to no test has started it");
    const outside = [...audit.outside].filter((use) => use.startsWith(`${subject.name} `));
    assert.deepEqual(outside, []);
  });

  Deno.test(`${subject.name} has needed everything that it is granted`, () => {
    const excused = exceptions.unused.filter(({ program }) => program === subject.name)
      .flatMap(({ kind, entries }) => entries.map((entry) => `${kind} ${entry}`));
    const unused = KINDS.flatMap((kind) =>
      countingEntries(subject, kind)
        .filter((entry) => !audit.needed.has(`${subject.name} ${kind} ${entry}`))
        .map((entry) => `${kind} ${entry}`)
    );
    assert.deepEqual(unused, excused);
  });
}

async function gather(): Promise<Audit> {
  const directory = Deno.env.get("AZIOT_PERMISSION_AUDIT");
  if (directory === undefined) {
    throw new Error("these tests judge a run of all others: ./scripts/deno task test");
  }
  const audit: Audit = { outside: new Set(), needed: new Set(), starts: new Map() };
  for await (const { name } of Deno.readDir(directory)) {
    if (!name.endsWith(".start")) continue;
    const start: Start = JSON.parse(await Deno.readTextFile(`${directory}/${name}`));
    const subject = programs().find((program) => program.name === start.program);
    assert.ok(subject, start.program);
    const uses = readUses(
      await Deno.readTextFile(`${directory}/${name.replace(/start$/, "audit")}`),
    );
    // A program that was described and never started has asked for nothing.
    if (uses.length === 0) continue;
    audit.starts.set(subject.name, (audit.starts.get(subject.name) ?? 0) + 1);
    add(audit, subject, start, uses);
  }
  return audit;
}

function add(audit: Audit, subject: Program, start: Start, uses: Use[]): void {
  const roots = developmentRoots(start.directory, start.libraries);
  for (const use of uses) {
    const entries = entriesFor(use, subject, roots);
    if (entries === true) continue;
    for (const entry of entries) audit.needed.add(`${subject.name} ${use.kind} ${entry}`);
    if (entries.length > 0) continue;
    const text = `${use.kind} ${named(use.value, start)}`;
    const isMeant = exceptions.refused.some(({ program, use }) =>
      program === subject.name && new RegExp(`^${use}$`).test(text)
    );
    if (!isMeant) audit.outside.add(`${subject.name} ${text}`);
  }
}

/** A path with what is another in each run replaced. */
function named(value: string, { directory }: Start): string {
  const temporary = directory.slice(0, directory.lastIndexOf("/"));
  if (value.startsWith(`${directory}/`)) return `\${directory}${value.slice(directory.length)}`;
  return value === temporary || value.startsWith(`${temporary}/`)
    ? `\${temporary}${value.slice(temporary.length)}`
    : value;
}
