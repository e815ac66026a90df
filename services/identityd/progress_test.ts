// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Progress } from "./progress.ts";
import { DEVICE } from "./test_hub.ts";
import { testLog } from "./test_log.ts";

const BAD_DONE = ['[["a","1"]]', '{"a":1}', "null"].map((done) =>
  `{"device":{"hub":"h","gateway":"h","deviceId":"d"},"begun":[],"done":${done}}`
);

async function inHome(work: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await work(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("progress is resumed by the same device and by no other", async () => {
  await inHome(async (home) => {
    const { log, lines } = testLog();
    const first = Progress.none(home, DEVICE, log);
    await first.begin(["a", "b"]);
    await first.done("a", "1");
    await first.save();

    const resumed = await Progress.resume(home, { ...DEVICE }, log);
    assert.equal(resumed.isDone("a", "1"), true);
    assert.equal(resumed.isDone("a", "2"), false);
    assert.equal(resumed.isDone("a", undefined), false);
    assert.equal(resumed.isDone("b", "1"), false);
    assert.equal(resumed.isBegun("a"), false);
    assert.equal(resumed.isBegun("b"), true);

    const other = await Progress.resume(home, { ...DEVICE, gateway: "parent" }, log);
    assert.equal(other.isDone("a", "1") || other.isBegun("b"), false);
    assert.deepEqual(lines, []);
  });
});

Deno.test("a module may be called what objects have already", async () => {
  await inHome(async (home) => {
    const { log, lines } = testLog();
    const names = ["__proto__", "constructor", "prototype", "toString"];
    const first = Progress.none(home, DEVICE, log);
    await first.begin(names);
    for (const name of names) await first.done(name, "1");
    await first.save();
    const resumed = await Progress.resume(home, DEVICE, log);
    for (const name of names) assert.equal(resumed.isDone(name, "1"), true, name);
    assert.deepEqual([...resumed.names].sort(), names);
    assert.deepEqual(lines, []);
  });
});

Deno.test("of many modules a crash forgets only the last ones", async () => {
  await inHome(async (home) => {
    const { log } = testLog();
    const names = Array.from({ length: 25 }, (_, index) => `m${index}`);
    const first = Progress.none(home, DEVICE, log);
    await first.begin(names);
    for (const name of names) await first.done(name, "1");
    const resumed = await Progress.resume(home, DEVICE, log);
    assert.deepEqual(names.map((name) => resumed.isDone(name, "1")).lastIndexOf(true), 19);
    assert.deepEqual(names.map((name) => resumed.isBegun(name)).indexOf(true), 20);
  });
});

Deno.test("progress is gone when the work is done", async () => {
  await inHome(async (home) => {
    const { log } = testLog();
    const progress = Progress.none(home, DEVICE, log);
    await progress.begin(["a"]);
    await progress.finish();
    assert.equal((await Progress.resume(home, DEVICE, log)).isBegun("a"), false);
    assert.deepEqual([...Deno.readDirSync(home)], []);
    await progress.finish();
  });
});

Deno.test("a damaged file counts for nothing and is mentioned", async () => {
  await inHome(async (home) => {
    for (const text of ["", "{", "[]", '{"device":{},"begun":[],"done":{}}', ...BAD_DONE]) {
      const { log, lines } = testLog();
      await Deno.writeTextFile(`${home}/reconciliation`, text);
      assert.equal((await Progress.resume(home, DEVICE, log)).isBegun("a"), false);
      assert.equal(lines.length, 1, text);
    }
  });
});

Deno.test("a home directory that cannot be written costs a warning, not the work", async () => {
  const { log, lines } = testLog();
  const progress = Progress.none("/nonexistent/home", DEVICE, log);
  await progress.begin(["a"]);
  assert.equal(progress.isBegun("a"), true);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^WARN could not write \/nonexistent\/home\/reconciliation/);
});
