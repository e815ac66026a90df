// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { MASTER_KEY_ID, moduleKeys, primaryKeyHandle } from "./module_keys.ts";
import { EXAMPLE_KEY, TestKeys } from "./test_keys.ts";

const MODULE = { moduleId: "telemetry", generationId: "638400000000000001" };

Deno.test("the keys of a module are byte-equal to the published example", async () => {
  const { primary, secondary } = await moduleKeys(
    new TestKeys({ [MASTER_KEY_ID]: EXAMPLE_KEY }),
    MODULE,
  );
  assert.equal(primary.toBase64(), "cj0PfbLbVaOQGaKdBVsQENNoUSJLLi4pQIfAI+M4G8Y=");
  assert.equal(secondary.toBase64(), "2OQ/XIBFtsAHNbKr3CYtsUrKlXxgblKie54r4T+4Bs8=");
});

Deno.test("the handle that is handed out is that of the primary key", async () => {
  const keys = new TestKeys({ [MASTER_KEY_ID]: EXAMPLE_KEY });
  const expected = `derived:${MASTER_KEY_ID}:telemetry:638400000000000001:primary`;
  assert.equal((await moduleKeys(keys, MODULE)).handle, expected);
  keys.calls.length = 0;
  assert.equal(await primaryKeyHandle(keys, MODULE), expected);
  assert.deepEqual(keys.calls, [
    `load ${MASTER_KEY_ID}`,
    "derive telemetry:638400000000000001:primary",
  ], "a read exports nothing");
});

Deno.test("a missing master key is made, for deriving and signing", async () => {
  const keys = new TestKeys({});
  await primaryKeyHandle(keys, MODULE);
  assert.deepEqual(keys.calls.slice(0, 2), [
    `load ${MASTER_KEY_ID}`,
    `create ${MASTER_KEY_ID} derive,sign`,
  ]);
});

Deno.test("a Keys Service that fails is reported as it is", async () => {
  const keys = new TestKeys({});
  keys.failure = new Error("not connected");
  await assert.rejects(primaryKeyHandle(keys, MODULE), { message: "not connected" });
});
