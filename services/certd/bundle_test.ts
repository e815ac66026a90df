// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createLog } from "../log/log.ts";
import { BundleReader } from "./bundle.ts";
import type { Places } from "./preloaded.ts";

/** Bundles over files whose content is known. */
function bundles(table: Record<string, string[]>, files: Record<string, string | Error>) {
  const warnings: string[] = [];
  const log = createLog("certd", "warn", {
    write: (bytes) => void warnings.push(new TextDecoder().decode(bytes)),
    now: () => new Date(0),
  });
  const places: Places = new Map(
    Object.entries(table).map(([id, ids]) => [id, { kind: "bundle", ids }]),
  );
  const reader = new BundleReader((id) => {
    const file = files[id];
    if (file instanceof Error) throw file;
    return file;
  }, log);
  return { read: (id: string, now = places) => reader.read(id, now), warnings, places };
}

Deno.test("a bundle is its members in their order, each on lines of its own", async () => {
  const files = { a: "A\n", b: "B", empty: "", c: "C\r\n" };
  const rows: [members: string[], text: string | undefined][] = [
    [["a", "b"], "A\nB"],
    [["b", "a"], "B\nA\n"],
    [["b", "b"], "B\nB"],
    [["b", "empty", "a"], "B\nA\n"],
    [["a", "missing", "b"], "A\nB"],
    [["c", "a"], "C\r\nA\n"],
    [["empty"], undefined],
    [["missing"], undefined],
    [[], undefined],
  ];
  for (const [members, text] of rows) {
    const { read } = bundles({ all: members }, files);
    assert.equal(await read("all"), text, members.join());
  }
});

Deno.test("a bundle may contain bundles", async () => {
  const { read } = bundles({ all: ["a", "some"], some: ["b", "a"] }, { a: "A\n", b: "B\n" });
  assert.equal(await read("all"), "A\nB\nA\n");
});

Deno.test("a loop is left out and warned about once for each configuration", async () => {
  const table = { all: ["a", "some"], some: ["b", "all"] };
  const { read, warnings, places } = bundles(table, { a: "A\n", b: "B\n" });
  assert.equal(await read("all"), "A\nB\n");
  assert.equal(await read("all"), "A\nB\n");
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? "", /bundle "all" contains itself .*: all > some > all/);
  assert.equal(await read("some"), "B\nA\n");
  assert.equal(warnings.length, 2);
  assert.equal(await read("all", new Map(places)), "A\nB\n");
  assert.equal(warnings.length, 3);
  const alone = bundles({ self: ["self"] }, {});
  assert.equal(await alone.read("self"), undefined);
});

Deno.test("bundles that are too deep are left out", async () => {
  const table: Record<string, string[]> = {};
  for (let depth = 0; depth < 20; depth++) table[`b${depth}`] = ["a", `b${depth + 1}`];
  const { read, warnings } = bundles(table, { a: "A\n" });
  assert.equal(await read("b0"), "A\n".repeat(16));
  assert.match(warnings[0] ?? "", /bundle "b16" is too deep/);
});

Deno.test("a bundle that would grow without measure is refused", async () => {
  const table: Record<string, string[]> = {};
  for (let depth = 0; depth < 15; depth++) table[`b${depth}`] = Array(10).fill(`b${depth + 1}`);
  await assert.rejects(bundles(table, {}).read("b0"), /"b0" has more than 1000 members/);

  const large = bundles({ all: Array(10).fill("a") }, { a: "x".repeat(1_000_000) });
  await assert.rejects(large.read("all"), /"all" has more than \d+ characters/);
});

Deno.test("a member that cannot be read is an error, not a gap", async () => {
  const { read } = bundles({ all: ["a", "bad"] }, { a: "A\n", bad: new Error("is a FIFO") });
  await assert.rejects(read("all"), /is a FIFO/);
});
