// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { configFile, onDevice } from "./fake_device.ts";
import { loadCertd, loadIdentityd, loadKeyd, loadTpmd } from "./service_configs.ts";

const VECTORS = new URL("../../../tests/vectors/aziotctl/config.json", import.meta.url);
const RECORDED = v.array(v.object({
  name: v.string(),
  filesWritten: v.array(v.looseObject({ path: v.string(), text: v.optional(v.string()) })),
}));

const content: unknown = JSON.parse(await Deno.readTextFile(VECTORS));
const recorded = v.parse(RECORDED, content)
  .filter(({ filesWritten }) => filesWritten.some(({ path }) => path.endsWith("00-super.toml")));

Deno.test(`the daemons read what the field's tool wrote in ${recorded.length} cases`, async () => {
  assert.ok(recorded.length > 20);
  for (const { name, filesWritten } of recorded) {
    await onDevice(async ({ machine, write }) => {
      for (const { path, text } of filesWritten) {
        if (path.endsWith("00-super.toml")) await write(path, text ?? "");
      }
      for (const load of [loadKeyd, loadCertd, loadIdentityd, loadTpmd]) {
        await assert.doesNotReject(load(machine), name);
      }
    });
  }
});

Deno.test("texts of a TPM service may be lists of bytes", async () => {
  await onDevice(async ({ machine, write }) => {
    await write(configFile("tpmd"), "tcti = [115, 119]\n[hierarchy_authorization]\nowner = [1]\n");
    await loadTpmd(machine);
    await write(configFile("tpmd"), "tcti = 5\n");
    await assert.rejects(loadTpmd(machine));
  });
});
