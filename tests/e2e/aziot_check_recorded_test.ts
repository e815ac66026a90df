// SPDX-License-Identifier: MIT

/** Replays what the field's tool was seen to find, on the same files with the same users. */

import assert from "node:assert/strict";
import * as v from "valibot";
import { type FakeMachine, fakeMachine } from "../../cli/aziot/fake_machine.ts";
import { aziot } from "../../cli/aziot/main.ts";
import { openTls } from "../../ffi/tls.ts";

const VECTORS = new URL("../vectors/aziotctl-check/", import.meta.url);

const ENTRIES = v.array(v.object({
  name: v.string(),
  script: v.string(),
  superConfig: v.nullable(v.string()),
  stdout: v.string(),
}));

const DIFFERENCES = v.array(v.object({
  check: v.string(),
  /** Beginnings of the names of entries. */
  entries: v.array(v.string()),
  result: v.string(),
  reason: v.string(),
}));

const CHECKED = v.object({
  result: v.object({ result: v.string(), details: v.optional(v.array(v.string())) }),
  additional_info: v.record(v.string(), v.unknown()),
});

const REPORT = v.object({
  additional_info: v.record(v.string(), v.unknown()),
  checks: v.record(v.string(), CHECKED),
});

type Entry = v.InferOutput<typeof ENTRIES>[number];
type Report = v.InferOutput<typeof REPORT>;

async function read<S extends v.GenericSchema>(name: string, schema: S): Promise<v.InferOutput<S>> {
  const content: unknown = JSON.parse(await Deno.readTextFile(new URL(name, VECTORS)));
  return v.parse(schema, content);
}

const entries = await read("cases.json", ENTRIES);
const differences = await read("differences.json", DIFFERENCES);

// Outside the tests: a library that a test loads counts as leaked, and ours are never closed.
openTls();

const user = (uid: number) => ({ uid, gid: uid, groups: [uid] });
const USERS = {
  aziotks: user(2501),
  aziotcs: user(2502),
  aziotid: user(2503),
  aziottpm: user(2504),
};

/** No name of a test may be asked for in the network. */
const local = (text: string): string => text.replace(/[a-z-]+\.example\.net/g, "127.0.0.1");

/** A name that no resolver is asked for. */
const NO_TIME_SERVER = ["--ntp-server", "..:123"];

/** Runs what an entry ran, and answers what `check` printed. */
async function replay(entry: Entry): Promise<{ stdout: string; files: string }> {
  const files = await Deno.makeTempDir();
  const installed = { success: true, stdout: "", stderr: "" };
  const hostname = entry.name === "long host name" ? "a".repeat(63) : "press-07";
  const machine = (): FakeMachine =>
    fakeMachine({ files, users: USERS, hostname, systemctl: () => installed });
  try {
    await Deno.chmod(files, 0o755);
    for (const service of ["keyd", "certd", "identityd", "tpmd"]) {
      await Deno.mkdir(`${files}/etc/aziot/${service}/config.d`, { recursive: true });
    }
    const path = `${files}/etc/aziot/config.toml`;
    if (entry.superConfig !== null) await Deno.writeTextFile(path, local(entry.superConfig));
    if (entry.script.includes("config apply")) {
      const applying = machine();
      assert.equal(await aziot(["config", "apply"], applying), 0, applying.stderr);
    }
    if (entry.script.includes("touch")) await Deno.utime(path, 4e9, 4e9);
    if (entry.script.includes("[x")) {
      await Deno.writeTextFile(`${files}/etc/aziot/keyd/config.d/10.toml`, "[x\n");
    }
    const words = /aziotctl (check .*?)(;|$)/.exec(entry.script)?.[1] ?? "";
    const checking = machine();
    await aziot([...words.split(" "), ...NO_TIME_SERVER], checking);
    return { stdout: checking.stdout, files };
  } finally {
    await Deno.remove(files, { recursive: true });
  }
}

function differenceOf(check: string, entry: Entry): string | undefined {
  return differences.find((difference) =>
    difference.check === check && difference.entries.some((name) => entry.name.startsWith(name))
  )?.result;
}

/** Messages as the field's tool writes them. */
function comparable(text: string, files: string): string {
  return text.replaceAll(files, "").replaceAll("'aziot ", "'aziotctl ");
}

function assertReport(found: Report, expected: Report, entry: Entry, files: string): void {
  for (const [id, { result, additional_info }] of Object.entries(expected.checks)) {
    const own = found.checks[id];
    const difference = differenceOf(id, entry);
    assert.equal(own?.result.result, difference ?? result.result, `${id} in ${entry.name}`);
    if (difference !== undefined) continue;
    assert.deepEqual(own?.additional_info, additional_info, id);
    const [message = ""] = result.details ?? [];
    const [ours = ""] = own?.result.details ?? [];
    const said = comparable(ours, files);
    // Ours goes on with what to do, and calls everything that it found.
    assert.ok(said.includes(message), `${said}\n  has\n${message}`);
  }
  for (const key of ["iothub_hostname", "local_gateway_hostname"]) {
    assert.deepEqual(found.additional_info[key], expected.additional_info[key]);
  }
  const keys = (info: Record<string, unknown>) => Object.keys(info).sort();
  assert.deepEqual(keys(found.additional_info), keys(expected.additional_info));
}

/** The objects of a stream, which stand one after the other without anything between them. */
function objects(stream: string): unknown[] {
  return stream.trim().split(/(?<=\})(?=\{"kind":)/).map((text): unknown => JSON.parse(text));
}

/** A stream as the report that it is made of. */
function reportOf(stream: string): Report {
  const kinds = v.array(v.looseObject({ kind: v.string() }));
  const all = v.parse(kinds, objects(stream));
  const last = all.at(-1);
  assert.equal(last?.kind, "additional_info");
  const { kind: _, ...additional_info } = last ?? {};
  const checks = all.filter(({ kind }) => kind === "check")
    .map((object) => v.parse(v.looseObject({ id: v.string(), ...CHECKED.entries }), object));
  return { additional_info, checks: Object.fromEntries(checks.map((check) => [check.id, check])) };
}

const ROOT = Deno.uid() === 0;

// Only a user who is not root can show what that one sees: tests/e2e/aziot_check_test.ts.
for (const entry of entries.filter(({ name }) => name !== "as another user")) {
  Deno.test(`${entry.name}: found as recorded`, { ignore: !ROOT }, async () => {
    const { stdout, files } = await replay(entry);
    if (entry.stdout.startsWith('{"kind"')) {
      assertReport(reportOf(stdout), reportOf(local(entry.stdout)), entry, files);
    } else if (entry.stdout.startsWith("{")) {
      const expected = v.parse(
        REPORT,
        JSON.parse(local(entry.stdout).replace(/\}\nexit=0\n$/, "}")),
      );
      assertReport(v.parse(REPORT, JSON.parse(stdout)), expected, entry, files);
    } else {
      assertText(comparable(stdout, files), local(entry.stdout), entry);
    }
  });
}

/** Every line of a recorded result, but for those of checks that differ, and the sections. */
function assertText(found: string, expected: string, entry: Entry): void {
  const lines = found.split("\n");
  const different = DIFFERENT_TEXTS.filter(({ check }) => differenceOf(check, entry));
  for (const line of expected.split("\n")) {
    const isResult = /^[\u221a\u203c\u00d7] /.test(line);
    const isSection = /^[A-Z][a-z]+ checks$|^-+$/.test(line);
    if (!isResult && !isSection) continue;
    if (different.some(({ text }) => line.includes(text))) continue;
    assert.ok(lines.includes(line), `${found}\n  has\n${line}`);
  }
  assert.match(found, /\n\d+ check\(s\) succeeded\.\n(\d+ check\(s\) .*\n)*\n$/);
}

const DIFFERENT_TEXTS = [
  { check: "aziot-version", text: "package is up-to-date" },
  { check: "est-server-https", text: "utilize HTTPS" },
  { check: "certs-match-private-keys", text: "match preloaded private keys" },
];

Deno.test("each difference is about a recorded check", () => {
  for (const { check, entries: names } of differences) {
    for (const name of names) {
      const recorded = entries.filter((entry) => entry.name.startsWith(name));
      assert.ok(recorded.some(({ stdout }) => stdout.includes(`"${check}"`)), `${name}: ${check}`);
    }
  }
});
