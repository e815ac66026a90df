// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { httpsRequest } from "../https_request.ts";
import { members, withCloud } from "./control_fixture.ts";

Deno.test("the log is read as JSON lines from a number on, and cleared", async () => {
  await withCloud(async (control, cloud) => {
    const [, body] = await control("PUT", "/hubs/hub", {});
    for (let turn = 0; turn < 3; turn++) {
      await httpsRequest({ port: Number(members(body).port), ca: cloud.ca, target: `/${turn}` });
    }
    const read = async (query: string) => {
      const [status, text] = await control("GET", `/log${query}`);
      assert.equal(status, 200);
      return String(text).split("\n").filter(Boolean).map((line) => JSON.parse(line).path);
    };
    assert.deepEqual(await read(""), ["/0", "/1", "/2"]);
    assert.deepEqual(await read("?since=2"), ["/2"]);
    assert.deepEqual(await control("DELETE", "/log"), [204, ""]);
    assert.deepEqual(await read(""), []);
    assert.equal((await control("GET", "/log?since=x"))[0], 400);
  });
});
