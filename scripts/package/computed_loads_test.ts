// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { computedLoads } from "./computed_loads.ts";

const COMPUTED = [
  "const m = await import(name);",
  "const m = await import(`./${name}.js`);",
  'const m = await import("./" + name);',
  "const m = await import (name);",
  "x = __require(name);",
  "x = require(name)",
  'new Worker(new URL("./" + name, import.meta.url), { type: "module" });',
  "if (a) import(b).then(c);",
];

for (const line of COMPUTED) {
  Deno.test(`a computed load is found: ${line}`, () => {
    assert.deepEqual(computedLoads(`let a;\n  ${line}\nlet b;\n`), [line]);
  });
}

const HARMLESS = [
  'const m = await import("./chunk.js");',
  'const m = await import("node:fs");',
  'tty: __require("node:tty"),',
  "async import(peer, id, { pem }) {",
  "import(peer, id, { pem = f() }) {",
  "keys.import(peer, id);",
  "var __require = __createRequire(import.meta.url);",
  "// import(name) would read any file",
  'import { a } from "./b.js";',
];

for (const line of HARMLESS) {
  Deno.test(`no computed load: ${line}`, () => {
    assert.deepEqual(computedLoads(`let a;\n  ${line}\nlet b;\n`), []);
  });
}
