// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { certificateFileName, FileNames } from "./file_name.ts";

Deno.test("certificates have the file names that they have in the existing product", async () => {
  const rows: [id: string, name: string][] = [
    [
      "device-id",
      "deviceid-bd732105ef89cf8edd2606a5309c8a26b7b5599a4e124a0fe6199b6b2f60e655.cer",
    ],
    [
      "aziot-edged-ca",
      "aziotedgedca-86f154be7ff14480027f0d00c59c223db6d9e4ab0b559fc523cca36a7c973d6d.cer",
    ],
    [
      "aziot-edged/module/edgeHub:42:server",
      "aziotedgedmoduleedgeHub42server-" +
      "1569d368515ce895790d87b6b6a6604049df4c3ae38bd69922a8fd1aefbd24fd.cer",
    ],
    ["été 1", "t1-3df4e5d10033ca35276d0c250d2e0f5789ece80ced13ce637e327da4564abba2.cer"],
    ["", "-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.cer"],
  ];
  for (const [id, name] of rows) assert.equal(await certificateFileName(id), name);
});

Deno.test("an id is as long as its file name allows", async () => {
  const longest = await certificateFileName("a".repeat(186));
  assert.equal(longest.length, 255);
  assert.equal((await certificateFileName("-é".repeat(500) + "a".repeat(186))).length, 255);
  await assert.rejects(certificateFileName("a".repeat(187)), (error: unknown) => {
    assert.ok(error instanceof ServiceError);
    assert.equal(error.status, 400);
    return true;
  });
});

Deno.test("a name that was asked for before is there at once, and only so many are kept", async () => {
  const names = new FileNames();
  const name = await names.of("first");
  assert.equal(names.of("first"), name);
  for (let count = 0; count < 1000; count++) await names.of(`more-${count}`);
  assert.ok(names.of("first") instanceof Promise);
  assert.equal(await names.of("first"), name);
});

Deno.test("the name of an id that is unusually long is not kept: ids come from callers", async () => {
  const names = new FileNames();
  for (const [id, isKept] of [["-".repeat(512), true], ["-".repeat(513), false]] as const) {
    const name = await names.of(id);
    assert.equal(names.of(id) === name, isKept);
    assert.equal(await names.of(id), await certificateFileName(id));
  }
});
