// SPDX-License-Identifier: MIT

/** Replays the recorded command lines: help, usage errors, lists and the commands for services. */

import assert from "node:assert/strict";
import * as v from "valibot";
import { type FakeMachine, fakeMachine } from "../../cli/aziot/fake_machine.ts";
import { aziot } from "../../cli/aziot/main.ts";

const VECTORS = new URL("../vectors/aziotctl/command_line.json", import.meta.url);

const ENTRIES = v.array(v.object({
  name: v.string(),
  argv: v.array(v.string()),
  stdout: v.string(),
  stderr: v.string(),
  exitCode: v.number(),
  filesWritten: v.array(v.looseObject({ path: v.string(), text: v.optional(v.string()) })),
  systemctlCalls: v.array(v.string()),
}));

const content: unknown = JSON.parse(await Deno.readTextFile(VECTORS));
const entries = v.parse(ENTRIES, content);
type Entry = typeof entries[number];

interface Replay {
  code: number;
  machine: FakeMachine;
  files: string;
}

async function replay(entry: Entry, use: (replay: Replay) => Promise<void> | void): Promise<void> {
  const files = await Deno.makeTempDir();
  const machine = fakeMachine({
    files,
    systemctl: () => ({ success: true, stdout: "", stderr: "" }),
  });
  try {
    const code = await aziot(entry.argv.slice(1), machine);
    await use({ code, machine, files });
  } finally {
    await Deno.remove(files, { recursive: true });
  }
}

/** What a recorded call of systemctl or journalctl is to ours. */
function callsOf({ calls }: FakeMachine): string[] {
  return calls.filter((call) => !call.startsWith("cat "))
    .map((call) => call.startsWith("journalctl ") ? call : `systemctl ${call}`);
}

const ours = (text: string): string => text.replaceAll("aziotctl", "aziot");

const isHelp = ({ stdout, stderr }: Pick<Entry, "stdout" | "stderr">) =>
  /^Usage: |\n\nUsage: /m.test(stdout + stderr);
const isSystem = (entry: Entry) => entry.argv[1] === "system" && !isHelp(entry);

for (const entry of entries.filter((entry) => isSystem(entry) && entry.exitCode === 0)) {
  Deno.test(`${entry.name}: does as recorded`, async () => {
    await replay(entry, async ({ code, machine, files }) => {
      assert.deepEqual(callsOf(machine), entry.systemctlCalls);
      // Units about which systemd says nothing are not in a good state.
      const isBad = entry.name.endsWith("status") || entry.stderr !== "";
      assert.equal(code, isBad ? 1 : 0);
      if (entry.stdout !== "") assert.equal(machine.stdout, ours(entry.stdout));
      for (const { path, text } of entry.filesWritten) {
        assert.equal(await Deno.readTextFile(files + path), `${text}\n`);
      }
      if (entry.stderr !== "") assert.match(machine.stderr, /^Failed to reprovision: /);
    });
  });
}

for (const entry of entries.filter(isHelp)) {
  Deno.test(`${entry.name}: helps as recorded`, async () => {
    await replay(entry, ({ code, machine }) => {
      assert.equal(code, entry.exitCode);
      // Help that was asked for is a result, help with an error is not.
      assert.equal(machine.stdout !== "", entry.stdout !== "");
      assert.equal(machine.stderr !== "", entry.stderr !== "");
      const said = machine.stdout + machine.stderr;
      for (const word of wordsOf(entry.stdout + entry.stderr)) {
        assert.ok(said.includes(ours(word)), `${said}\n  has\n${word}`);
      }
    });
  });
}

/** The commands and options that a help text lists. */
function wordsOf(help: string): string[] {
  const commands = [...help.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].map(([, name = ""]) => name);
  const options = [...help.matchAll(/(?<=^ {2,6}(?:-\w, )?)--[a-z-]+/gm)].map(([name]) => name);
  return [...commands, ...options];
}

for (const entry of entries.filter(({ exitCode }) => exitCode === 2)) {
  Deno.test(`${entry.name}: is refused as recorded`, async () => {
    await replay(entry, ({ code, machine }) => {
      assert.deepEqual([code, machine.stdout], [2, ""]);
      assert.deepEqual(machine.calls, []);
    });
  });
}

Deno.test("the version is told in one line", async () => {
  for (const entry of entries.filter(({ argv }) => /^(-V|--version)$/.test(argv[1] ?? ""))) {
    await replay(entry, ({ code, machine }) => {
      assert.equal(code, 0);
      assert.match(machine.stdout, /^aziot \d+\.\d+\.\d+\n$/);
    });
  }
});

Deno.test("the list of checks begins with the recorded ones", async () => {
  for (
    const entry of entries.filter(({ argv, stdout }) =>
      argv[1] === "check-list" && !/Usage/.test(stdout)
    )
  ) {
    await replay(entry, ({ code, machine }) => {
      assert.equal(code, 0);
      if (entry.stdout.startsWith("{")) {
        const expected: Record<string, unknown[]> = JSON.parse(entry.stdout);
        const found: Record<string, unknown[]> = JSON.parse(machine.stdout);
        assert.deepEqual(Object.keys(found), Object.keys(expected));
        for (const [section, checks] of Object.entries(expected)) {
          assert.deepEqual(found[section]?.slice(0, checks.length), checks);
        }
      } else {
        const lines = machine.stdout.split("\n");
        for (const line of entry.stdout.split("\n")) assert.ok(lines.includes(line), line);
      }
    });
  }
});
