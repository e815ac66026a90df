// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { assemble, nameless } from "./bundles.ts";

Deno.test("modules name package and version instead of the build's directories", () => {
  const source = [
    "// ../../home/builder/.cache/deno/npm/registry.example/valibot/1.5.0/dist/index.mjs",
    "// ../c/npm/localhost/@peculiar/x509/2.2.0/build/x509.es.js",
    "// services/keyd/main.ts",
    "const text = '// ../npm/a/b/1.0.0/c.js';",
    '  "../../../home/builder/.cache/deno/npm/registry.example/cli-width/4.1.0/index.js"(exports, module) {',
  ].join("\n");
  assert.equal(
    nameless(source),
    [
      "// npm:valibot@1.5.0/dist/index.mjs",
      "// npm:@peculiar/x509@2.2.0/build/x509.es.js",
      "// services/keyd/main.ts",
      "const text = '// ../npm/a/b/1.0.0/c.js';",
      '  "npm:cli-width@4.1.0/index.js"(exports, module) {',
    ].join("\n"),
  );
});

/** The same program bundled in two places: other digests, and so another order. */
function bundled(init: string, shared: string, other: string) {
  return assemble(
    "tool",
    `import "./${shared}";\nimport("./${init}");\nconst kept = "./main.js";\n`,
    new Map([
      [other, "export const other = 2;\n"],
      [init, `import {shared} from "./${shared}";\nimport './${other}';\n`],
      [shared, "export const shared = 1;\n"],
    ]),
  );
}

Deno.test("chunks are called the same whatever digests the bundler gave them", () => {
  const first = bundled("init-AAAAAAA1.js", "chunk-BBBBBBB1.js", "chunk-CCCCCCC1.js");
  const second = bundled("init-ZZZZZZZ2.js", "chunk-YYYYYYY2.js", "chunk-XXXXXXX2.js");
  assert.deepEqual(first.main, second.main);
  assert.deepEqual([...first.chunks].sort(), [...second.chunks].sort());
});

Deno.test("a program's main file finds its chunks in a directory of its own", () => {
  const { main, chunks } = bundled("init-AAAAAAA1.js", "chunk-BBBBBBB1.js", "chunk-CCCCCCC1.js");
  assert.match(main, /^import "\.\/tool\/chunk-2\.js";\nimport\("\.\/tool\/init\.js"\);$/m);
  assert.match(main, /"\.\/main\.js"/);
  assert.deepEqual([...chunks.keys()].sort(), [
    "tool/chunk-2.js",
    "tool/chunk.js",
    "tool/init.js",
  ]);
  assert.match(chunks.get("tool/init.js") ?? "", /from "\.\/chunk-2\.js";\nimport '\.\/chunk\.js'/);
});
