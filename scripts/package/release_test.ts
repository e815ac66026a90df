// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { VERSION } from "../../services/version.ts";
import { ROOT } from "./paths.ts";
import { readRelease } from "./release.ts";

Deno.test("changelog, deno.json and the programs have one version", async () => {
  const { version } = await readRelease("");
  assert.equal(version.replace(/-\d+$/, ""), VERSION);
  assert.equal(config.version, VERSION);
  const changes = await Deno.readTextFile(`${ROOT}/CHANGELOG.md`);
  assert.equal(/^## (\S+)/m.exec(changes)?.[1], VERSION);
});

Deno.test("a mark is part of the version everywhere in the changelog's first entry", async () => {
  const { version, changelog } = await readRelease("~test");
  assert.match(version, /-\d+~test$/);
  assert.ok(changelog.startsWith(`aziot (${version}) `));
});

Deno.test("the manual pages say which version they are of", async () => {
  for await (const { name } of Deno.readDir(`${ROOT}/packaging/man`)) {
    const page = await Deno.readTextFile(`${ROOT}/packaging/man/${name}`);
    assert.match(page, new RegExp(`^\\.TH .* "aziot ${VERSION}" `, "m"), name);
  }
});
