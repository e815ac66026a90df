// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { members, withCloud } from "./control_fixture.ts";

Deno.test("the clock is set in parts and read", async () => {
  await withCloud(async (control, cloud) => {
    await control("POST", "/clock", { offsetSeconds: 3600 });
    const [status, body] = await control("POST", "/clock", { dateSkewSeconds: -5 });
    const { now, offsetSeconds, dateSkewSeconds } = members(body);
    assert.deepEqual([status, offsetSeconds, dateSkewSeconds], [200, 3600, -5]);
    assert.ok(new Date(String(now)).getTime() - Date.now() > 3_590_000);
    assert.equal(cloud.clock.offsetSeconds, 3600);
    assert.equal((await control("GET", "/clock"))[0], 200);
  });
});
