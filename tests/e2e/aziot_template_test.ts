// SPDX-License-Identifier: MIT

/** What the packages ship as examples is what the tool and the services read. */

import assert from "node:assert/strict";
import { parseSuperConfig } from "../../cli/aziot/super_config/read.ts";
import { parseToml } from "../../services/config/toml.ts";

const EXAMPLES = new URL("../../packaging/config/", import.meta.url);

const read = (name: string) => Deno.readTextFile(new URL(name, EXAMPLES));

const uncommented = (text: string) => text.replace(/^# ?(?=[\w["]|$)/gm, "");

/** The choices of the template, each with what stands around all of them. */
async function choices(): Promise<{ title: string; text: string }[]> {
  const template = await read("config.toml.template");
  const [before = "", middle = "", after = ""] = template.split(/^## ====.*$/m);
  return middle.split(/^## ---- /m).slice(1).map((part) => ({
    title: part.split(" ----")[0] ?? "",
    text: `${before}## ${part}${after}`,
  }));
}

for (const { title, text } of await choices()) {
  Deno.test(`the template's choice "${title}" is a configuration without mistakes`, async () => {
    const { warnings } = await parseSuperConfig(uncommented(text), "template");
    assert.deepEqual(warnings, []);
  });
}

Deno.test("the template sets nothing by itself", async () => {
  assert.deepEqual({ ...parseToml(await read("config.toml.template")) }, {});
});

for (const service of ["keyd", "certd", "identityd"]) {
  Deno.test(`the example for ${service} names its home, and its comments are settings too`, async () => {
    const text = await read(`${service}.toml.default`);
    assert.match(text, new RegExp(`^homedir\\w* = "/var/lib/aziot/${service}"$`, "m"));
    const prose = /^# (?![\w.]+ = |\[).*$/gm;
    const all = parseToml(uncommented(text.replace(prose, "")));
    assert.equal(all.max_requests, 10);
    assert.ok(Array.isArray(all.principal));
  });
}
