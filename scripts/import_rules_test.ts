// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { checkImports } from "./import_rules.ts";

const check = (files: Record<string, string>) => checkImports(new Map(Object.entries(files)));

Deno.test("arrows along the layers are allowed", () => {
  assert.deepEqual(
    check({
      "services/log/log.ts": "",
      "services/http/serve.ts": `import { createLog } from "../log/log.ts";`,
      "services/keyd/client.ts": `import type { X } from "../http/unix_client.ts";`,
      "services/keyd/api.ts":
        `import {\n  a,\n} from "../http/serve.ts";\nimport * as v from "valibot";`,
      "services/identityd/main.ts": `import { keysClient } from "../keyd/client.ts";`,
      "services/keyd/config.ts": `import { a } from "./places.ts";`,
      "services/keyd/main.ts": `import { a } from "./config.ts";`,
      "cli/aziot/main.ts": `const { run } = await import("./apply.ts");`,
      "cli/aziot/check.ts": `import { configSchema } from "../../services/keyd/config.ts";`,
    }),
    [],
  );
});

const FORBIDDEN: [string, Record<string, string>, RegExp][] = [
  ["an import upwards", {
    "services/log/log.ts": `import { a } from "../http/serve.ts";`,
  }, /services\/log\/log.ts \(log\) must not import services\/http\/serve.ts \(http\)/],
  ["another daemon's inside", {
    "services/identityd/api.ts": `export { a } from "../keyd/handles.ts";`,
  }, /only client.ts may be imported/],
  ["a daemon's inside from the outside", {
    "tests/e2e/x_test.ts": `import { a } from "../../services/keyd/handles.ts";`,
  }, /a daemon is known by client.ts/],
  ["another daemon's settings", {
    "services/identityd/api.ts": `import { a } from "../keyd/config.ts";`,
  }, /only client.ts may be imported/],
  ["a file in no layer", { "utils/x.ts": "" }, /belongs to no layer/],
  ["a computed specifier", {
    "cli/aziot/main.ts": "await import(name);",
  }, /computed specifier/],
  ["a cycle", {
    "services/http/a.ts": `import "./b.ts";`,
    "services/http/b.ts": `import { a } from "./a.ts";`,
  }, /import cycle: services\/http\/a.ts → services\/http\/b.ts → services\/http\/a.ts/],
];

for (const [what, files, message] of FORBIDDEN) {
  Deno.test(`${what} is reported`, () => {
    const problems = check(files);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", message);
  });
}

Deno.test("what a comment says is no import", () => {
  assert.deepEqual(check({ "services/log/log.ts": `// import "../http/serve.ts";` }), []);
});
