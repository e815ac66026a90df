// SPDX-License-Identifier: MIT

/**
 * Mutated super-configs. AZIOT_SEED repeats another run than the usual one, AZIOT_FUZZ_CASES says
 * how many there are (default 10 000).
 */

import assert from "node:assert/strict";
import * as v from "valibot";
import { parseToml } from "../../../services/config/toml.ts";
import { randomNumbers } from "../../../tests/e2e/random_numbers.ts";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";
import { documentsOf } from "./documents.ts";
import { mapSuperConfig } from "./map.ts";
import { mutate } from "./mutate.ts";
import { parseSuperConfig } from "./read.ts";
import { writeToml } from "./write_toml.ts";

const CASES = Number(Deno.env.get("AZIOT_FUZZ_CASES") ?? "10000");
/** Every so many cases are applied for real. */
const APPLIED = 250;
const USUAL_SEED = 20_260_504;

const VECTORS = new URL("../../../tests/vectors/aziotctl/config.json", import.meta.url);
const RECORDED = v.array(
  v.object({ superConfig: v.nullish(v.string()), filesWritten: v.array(v.unknown()) }),
);

/** Files that the field's tool took, and the template. */
async function validFiles(): Promise<string[]> {
  const content: unknown = JSON.parse(await Deno.readTextFile(VECTORS));
  const recorded = v.parse(RECORDED, content).filter(({ filesWritten }) => filesWritten.length > 0);
  const template = new URL("../../../packaging/config/config.toml.template", import.meta.url);
  return [
    ...new Set(recorded.flatMap(({ superConfig }) => superConfig ?? [])),
    await Deno.readTextFile(template),
  ];
}

const MACHINE = { hostname: "m", certdUid: 1, identitydUid: 2 };

/** A place, or the name of what is missing as a whole. */
const NAMES_PLACE =
  /^config\.toml: (line \d+, column \d+: |missing field `provisioning`$|the integer of `)/;

interface Tally {
  good: number;
  refused: number;
}

async function tryOne(text: string, tally: Tally): Promise<void> {
  let decoded;
  try {
    decoded = await parseSuperConfig(text, "config.toml");
  } catch (error) {
    assert.ok(error instanceof Error && error.cause instanceof Error, String(error));
    assert.equal(error.message, "could not parse config file");
    assert.match(error.cause.message, NAMES_PLACE);
    tally.refused++;
    return;
  }
  let configs;
  try {
    configs = mapSuperConfig(decoded.config, MACHINE);
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.equal(error.message, "DPS provisioning is not supported in nested mode");
    tally.refused++;
    return;
  }
  const documents = documentsOf(configs);
  for (const document of [documents.keyd, documents.certd, documents.identityd, documents.tpmd]) {
    assert.deepEqual(parseToml(writeToml(document)), document);
  }
  tally.good++;
}

/** Applies a file for real: all is written or nothing is. */
async function applyOne(text: string): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const input = `${directory}/input.toml`;
    await Deno.writeTextFile(input, text);
    const out = `${directory}/out`;
    const machine = fakeMachine();
    const args = ["-c", input, "--output-dir", out, "--uids", "ks=1,cs=2,id=3,tpm=4"];
    const code = await aziot(["config", "apply", ...args], machine);
    const written = ["keyd", "certd", "identityd", "tpmd"].filter((service) => {
      try {
        return Deno.statSync(`${out}/etc/aziot/${service}/config.d/00-super.toml`).isFile;
      } catch {
        return false;
      }
    });
    assert.equal(written.length, code === 0 ? 4 : 0, machine.stderr);
    assert.ok(code === 0 || code === 1 && machine.stderr !== "");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test(`${CASES} mutated files are understood or refused with the place`, async () => {
  const files = await validFiles();
  const random = randomNumbers(USUAL_SEED);
  const tally: Tally = { good: 0, refused: 0 };
  for (let index = 0; index < CASES; index++) {
    const text = mutate(files[index % files.length] ?? "", files, random);
    try {
      await tryOne(text, tally);
      if (index % APPLIED === 0) await applyOne(text);
    } catch (cause) {
      throw new Error(`case ${index}: ${cause}\n${text}`, { cause });
    }
  }
  console.log(`${tally.good} understood, ${tally.refused} refused`);
  assert.ok(tally.good > CASES / 20 && tally.refused > CASES / 20);
});
