// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

async function list(...args: string[]): Promise<string> {
  const machine = fakeMachine();
  assert.equal(await aziot(["check-list", ...args], machine), 0);
  return machine.stdout;
}

Deno.test("the list names every check once", async () => {
  const sections: Record<string, { id: string; description: string }[]> = JSON.parse(
    await list("--output=json"),
  );
  assert.deepEqual(Object.keys(sections), ["Configuration checks", "Connectivity checks"]);
  const ids = Object.values(sections).flat().map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { description } of Object.values(sections).flat()) {
    assert.match(description, /^[^A-Z]/);
  }
});

Deno.test("as text it is a table with an empty line behind each section", async () => {
  const lines = (await list()).split("\n");
  assert.match(lines[0] ?? "", /^CATEGORY {13}ID {44}DESCRIPTION$/);
  assert.equal(lines[1], "");
  assert.match(
    lines[2] ?? "",
    /^Configuration checks keyd-config-well-formed {23}keyd configuration/,
  );
  assert.equal(lines.filter((line) => line === "").length, 4);
});

for (const args of [["-o", "xml"], ["-o", "json-stream"]]) {
  Deno.test(`check-list ${args.join(" ")} is a usage error`, async () => {
    assert.equal(await aziot(["check-list", ...args], fakeMachine()), 2);
  });
}
