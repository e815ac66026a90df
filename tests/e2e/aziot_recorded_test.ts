// SPDX-License-Identifier: MIT

/**
 * Replays what the field's configuration tool was seen to do: the same command lines on the same
 * files, below a private root with the same users.
 */

import assert from "node:assert/strict";
import * as v from "valibot";
import { type FakeMachine, fakeMachine } from "../../cli/aziot/fake_machine.ts";
import { aziot } from "../../cli/aziot/main.ts";
import { parseToml, type Table } from "../../services/config/toml.ts";

const VECTORS = new URL("../vectors/aziotctl/", import.meta.url);

const FILE = v.object({
  path: v.string(),
  type: v.picklist(["file", "dir"]),
  mode: v.string(),
  owner: v.string(),
  text: v.optional(v.string()),
  base64: v.optional(v.string()),
});

const RECORDED = v.array(v.object({
  name: v.string(),
  argv: v.array(v.string()),
  superConfig: v.nullish(v.string()),
  superConfigBase64: v.optional(v.string()),
  stdout: v.string(),
  stderr: v.string(),
  filesWritten: v.array(FILE),
  systemctlCalls: v.array(v.string()),
  hostname: v.optional(v.string()),
  callerUid: v.optional(v.number()),
}));

const DIFFERENCES = v.record(
  v.string(),
  v.object({ reason: v.string(), exitCode: v.number(), stderr: v.string() }),
);

type Recorded = v.InferOutput<typeof RECORDED>[number];

async function read<S extends v.GenericSchema>(name: string, schema: S): Promise<v.InferOutput<S>> {
  const content: unknown = JSON.parse(await Deno.readTextFile(new URL(name, VECTORS)));
  return v.parse(schema, content);
}

const recorded = await read("config.json", RECORDED);
const differences = await read("differences.json", DIFFERENCES);

const IDS: Record<string, number> = {
  root: 0,
  aziotks: 2501,
  aziotcs: 2502,
  aziotid: 2503,
  aziottpm: 2504,
};
const PASSWD = `root:x:0:0::/root:/bin/sh
aziotks:x:2501:2501::/:/bin/false
aziotcs:x:2502:2502::/:/bin/false
aziotid:x:2503:2503::/:/bin/false
aziottpm:x:2504:2504::/:/bin/false
`;

/** The system that the recording was made on, as far as the tool looks at it. */
async function prepare(root: string, entry: Recorded): Promise<void> {
  const services = entry.name.includes("director") ? [] : ["keyd", "certd", "identityd", "tpmd"];
  if (entry.name !== "config mp, no directory") {
    await Deno.mkdir(`${root}/etc/aziot`, { recursive: true });
  }
  await Deno.mkdir(`${root}/etc/systemd/system`, { recursive: true });
  await Deno.writeTextFile(`${root}/etc/systemd/system/aziot-tpmd.socket`, "");
  await Deno.writeTextFile(`${root}/etc/passwd`, PASSWD);
  for (const service of services) {
    await Deno.mkdir(`${root}/etc/aziot/${service}/config.d`, { recursive: true, mode: 0o700 });
  }
  const at = entry.argv.indexOf("-c");
  const isApply = entry.argv.includes("apply");
  const input = isApply && at >= 0 ? entry.argv[at + 1] : "/etc/aziot/config.toml";
  const content = entry.superConfigBase64 === undefined
    ? entry.superConfig ?? (entry.name.includes("exists") ? "" : undefined)
    : Uint8Array.fromBase64(entry.superConfigBase64);
  if (content === undefined) return;
  await Deno.writeFile(
    `${root}${input}`,
    typeof content === "string" ? new TextEncoder().encode(content) : content,
  );
}

interface Replay {
  exitCode: number;
  machine: FakeMachine;
  root: string;
}

async function replay(entry: Recorded, use: (result: Replay) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await prepare(root, entry);
    const machine = fakeMachine({ hostname: entry.hostname ?? "press-07" });
    const exitCode = await aziot([...entry.argv.slice(1), "--root", root], machine);
    await use({ exitCode, machine, root });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Texts of the TPM service are recorded as lists of their bytes. */
function decoded(text: string): Table {
  return parseToml(text.replace(/^(tcti|endorsement|owner) = (\[.*\])$/gm, (_, key, list) => {
    const bytes: number[] = JSON.parse(list);
    return `${key} = ${JSON.stringify(new TextDecoder().decode(Uint8Array.from(bytes)))}`;
  }));
}

async function assertFiles(root: string, files: Recorded["filesWritten"]): Promise<void> {
  for (const { path, type, mode, owner, text, base64 } of files) {
    const info = await Deno.stat(`${root}${path}`);
    assert.equal(info.isDirectory, type === "dir", path);
    assert.equal(`0o${((info.mode ?? 0) & 0o7777).toString(8)}`, mode, path);
    if (Deno.uid() === 0) assert.equal(info.uid, IDS[owner], path);
    if (text !== undefined) {
      const written = await Deno.readTextFile(`${root}${path}`);
      assert.deepEqual(parseToml(written), decoded(text), path);
    }
    if (base64 !== undefined) {
      assert.equal((await Deno.readFile(`${root}${path}`)).toBase64(), base64, path);
    }
  }
}

/** The parts of the recorded output that people and programs go by. */
function comparable(text: string, root: string): string {
  return text
    .replaceAll(`--root '${root}' `, "")
    .replaceAll(root, "")
    .replaceAll("aziotctl", "aziot")
    .replace(/^Note: .*\n/m, "")
    .replace(/\nRestarting service(.|\n)*$/, "");
}

// Not being root means something else below a root; tests/e2e/aziot_system_test.ts has these.
for (const entry of recorded.filter(({ callerUid }) => callerUid === undefined)) {
  const difference = differences[entry.name];
  if (difference !== undefined) {
    Deno.test(`${entry.name.trim()}: differs, since ${difference.reason}`, async () => {
      await replay(entry, ({ exitCode, machine, root }) => {
        assert.equal(machine.stderr.replaceAll(root, "<DIR>"), difference.stderr);
        assert.equal(exitCode, difference.exitCode);
        return Promise.resolve();
      });
    });
    continue;
  }

  Deno.test(`${entry.name.trim()}: as recorded`, async () => {
    await replay(entry, async ({ exitCode, machine, root }) => {
      const isFailure = entry.stderr !== "";
      assert.equal(exitCode, isFailure ? 1 : 0, machine.stderr);
      assert.equal(comparable(machine.stdout, root), comparable(entry.stdout, root));
      assert.deepEqual(machine.calls, []);
      await assertFiles(root, entry.filesWritten);
      if (!isFailure) return;

      const said = comparable(machine.stderr, root);
      const [first = "", ...rest] = comparable(entry.stderr, root).trimEnd().split("\n");
      assert.equal(said.split("\n")[0], first);
      const detail = rest.at(-1)?.trim() ?? "";
      assert.ok(said.includes(detail), `${said}\n  has\n${detail}`);
    });
  });
}

Deno.test("each difference belongs to a recorded entry", () => {
  const names = recorded.map(({ name }) => name);
  assert.deepEqual(Object.keys(differences).filter((name) => !names.includes(name)), []);
});
