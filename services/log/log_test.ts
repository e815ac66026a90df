// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createLog, type Log } from "./log.ts";

function record(target: string, spec: string | undefined, use: (log: Log) => void): string[] {
  const lines: string[] = [];
  const output = {
    write: (bytes: Uint8Array) => void lines.push(new TextDecoder().decode(bytes)),
    now: () => new Date("2026-05-04T10:11:12.987Z"),
  };
  use(createLog(target, spec, output));
  return lines;
}

Deno.test("a record has the priority, the time in whole seconds, the level and the message", () => {
  const lines = record("keyd", "trace", (log) => {
    log.error("a");
    log.warn("b");
    log.info("Starting server...");
    log.debug("d");
    log.trace("e");
  });
  assert.deepEqual(lines, [
    "<3>2026-05-04T10:11:12Z [ERR!] - a\n",
    "<4>2026-05-04T10:11:12Z [WARN] - b\n",
    "<6>2026-05-04T10:11:12Z [INFO] - Starting server...\n",
    "<7>2026-05-04T10:11:12Z [DBUG] - [keyd] d\n",
    "<7>2026-05-04T10:11:12Z [TRCE] - [keyd] e\n",
  ]);
});

Deno.test("a message of several lines stays one record", () => {
  assert.deepEqual(
    record("keyd", undefined, (log) => log.info("one\ntwo\r\nthree")),
    ["<6>2026-05-04T10:11:12Z [INFO] - one two three\n"],
  );
});

Deno.test("what a caller puts into a message can neither end the record nor move a terminal", () => {
  const [line = ""] = record(
    "keyd",
    undefined,
    (log) => log.info("key a\0<3>forged\x1b[2J\x7f\u009b1m\u2028b\n<0>c"),
  );
  assert.equal(
    line,
    "<6>2026-05-04T10:11:12Z [INFO] - key a\\u{0}<3>forged\\u{1b}[2J\\u{7f}\\u{9b}1m\\u{2028}b <0>c\n",
  );
});

Deno.test("a record stays below what journald cuts at, whatever stands for its characters", () => {
  for (const character of ["\0", "\u2028", "\ud800", "漢"]) {
    const [line = ""] = record("keyd", undefined, (log) => log.info(character.repeat(1_000_000)));
    assert.ok(new TextEncoder().encode(line).length < 48 * 1024, JSON.stringify(character));
  }
});

Deno.test("a message longer than anybody reads is cut, whatever callers put into it", () => {
  const [longest = ""] = record("keyd", undefined, (log) => log.info("x".repeat(8192)));
  assert.equal(longest, `<6>2026-05-04T10:11:12Z [INFO] - ${"x".repeat(8192)}\n`);
  const [line = ""] = record("keyd", undefined, (log) => log.info("é".repeat(1_000_000)));
  assert.equal(
    line,
    `<6>2026-05-04T10:11:12Z [INFO] - ${"é".repeat(8192)}… (991808 more characters)\n`,
  );
});

Deno.test("the filter decides by the longest matching target", () => {
  const levels = (target: string, spec: string | undefined) =>
    record(target, spec, (log) => {
      for (const level of ["error", "warn", "info", "debug", "trace"] as const) log[level](level);
    }).filter((line) => !line.includes("logging spec")).length;

  const rows: [spec: string | undefined, target: string, passed: number][] = [
    [undefined, "keyd", 3],
    ["", "keyd", 3],
    ["warn", "keyd", 2],
    ["WARN", "keyd", 2],
    ["off", "keyd", 0],
    ["http=trace", "keyd", 3],
    ["http=trace", "http", 5],
    ["http=trace,http::client=error", "http::client", 1],
    ["http::client=error,http=trace", "http::client", 1],
    ["debug,debug,error", "keyd", 1],
    ["keyd", "keyd", 5],
    ["x=y", "x", 3],
    ["trace/secret", "keyd", 5],
    [" info , keyd=debug ", "keyd", 4],
  ];
  for (const [spec, target, passed] of rows) {
    assert.equal(levels(target, spec), passed, `${spec} for ${target}`);
  }
});

Deno.test("an entry of the filter that cannot be read is warned about and ignored", () => {
  assert.deepEqual(
    record("keyd", "x=y", () => {}),
    ["<4>2026-05-04T10:11:12Z [WARN] - invalid logging spec 'y', ignoring it\n"],
  );
  assert.match(record("keyd", "a=b=c", () => {})[0] ?? "", /invalid logging spec 'a=b=c'/);
  assert.equal(record("keyd", "info/regex", () => {}).length, 1);
});

Deno.test("a child log has its own target", () => {
  assert.deepEqual(
    record("keyd", "error,http=debug", (log) => {
      log.debug("no");
      log.child("http").debug("yes");
    }),
    ["<7>2026-05-04T10:11:12Z [DBUG] - [http] yes\n"],
  );
});
