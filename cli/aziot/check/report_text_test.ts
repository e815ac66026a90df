// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import type { Check } from "./check.ts";
import { Context } from "./context.ts";
import { fakeMachine } from "../fake_machine.ts";
import { failure, fatal, type Finding, IGNORED, OK, SKIPPED, warning } from "./outcome.ts";
import { TextReport } from "./report_text.ts";
import { JsonReport, JsonStreamReport } from "./report_json.ts";
import { type Reporter, runChecks } from "./run_checks.ts";

const context = (dontRun: string[] = []) =>
  new Context({
    dontRun,
    ntpServer: "",
    iothubHostname: undefined,
    proxyUri: undefined,
    expectedVersion: undefined,
  }, fakeMachine());

const check = (id: string, finding: Finding): Check => ({
  id,
  description: `${id} is fine`,
  info: { known: null },
  run: () => Promise.resolve(finding),
});

const caused = new Error("first\nmore", { cause: new Error("second") });
const CHECKS = [
  check("ok", { ...OK, info: { known: 5 } }),
  check("warn", warning("odd", "Do this.", caused)),
  check("bad", failure("wrong\nvery", "Do that.")),
  check("skipped", SKIPPED),
  check("ignored", IGNORED),
];

async function run(
  reporter: Reporter,
  checks: readonly Check[] = CHECKS,
  dontRun: string[] = [],
  warningsAsErrors = false,
) {
  const sections = [{ name: "Some checks", checks }];
  return await runChecks(sections, [], context(dontRun), { warningsAsErrors }, reporter);
}

async function text(
  options: { isVerbose?: boolean; isColoured?: boolean } = {},
  ...more: [checks?: readonly Check[], dontRun?: string[], warningsAsErrors?: boolean]
): Promise<string> {
  let written = "";
  const report = new TextReport({
    isVerbose: options.isVerbose ?? false,
    isColoured: options.isColoured ?? false,
    out: (text) => written += text,
  });
  report.summary(await run(report, ...more));
  return written;
}

Deno.test("each result is a line, with what is wrong below", async () => {
  assert.equal(
    await text(),
    `Some checks
-----------
√ ok is fine - OK
‼ warn is fine - Warning
    odd
    Do this.
× bad is fine - Error
    wrong
    very
    Do that.

1 check(s) succeeded.
1 check(s) raised warnings. Re-run with --verbose for more details.
1 check(s) raised errors. Re-run with --verbose for more details.
1 check(s) were skipped due to errors from other checks. Re-run with --verbose for more details.

`,
  );
});

Deno.test("causes and what was skipped are for those who ask", async () => {
  assert.equal(
    await text({ isVerbose: true }, CHECKS.slice(1, 4)),
    `Some checks
-----------
‼ warn is fine - Warning
    odd
    Do this.
        caused by: first
                   more
        caused by: second
× bad is fine - Error
    wrong
    very
    Do that.
‼ skipped is fine - Warning
    skipping because of previous failures

0 check(s) succeeded.
1 check(s) raised warnings.
1 check(s) raised errors.
1 check(s) were skipped due to errors from other checks.

`,
  );
});

Deno.test("colours say how bad it is", async () => {
  const lines = (await text({ isColoured: true })).split("\n");
  assert.equal(lines[2], "\x1b[32m√ ok is fine - OK\x1b[0m");
  assert.equal(lines[3], "\x1b[33m‼ warn is fine - Warning\x1b[0m");
  assert.equal(lines[6], "\x1b[31m× bad is fine - Error\x1b[0m");
});

Deno.test("a fatal result ends the run", async () => {
  const checks = [CHECKS[0], check("end", fatal("over", "Be root.")), CHECKS[2]];
  assert.equal(
    await text({}, checks.filter((one) => one !== undefined)),
    `Some checks
-----------
√ ok is fine - OK
× end is fine - Error
    over
    Be root.
1 check(s) succeeded.
1 check(s) raised errors. Re-run with --verbose for more details.

`,
  );
});

Deno.test("warnings can be made errors, and checks left out", async () => {
  const written = await text({}, CHECKS, ["bad"], true);
  assert.match(written, /^× warn is fine - Error\n {4}odd$/m);
  assert.doesNotMatch(written, /bad is fine/);
  assert.match(written, /^1 check\(s\) raised errors\./m);
});

Deno.test("JSON has every check by its id, and what is known besides", async () => {
  const report = new JsonReport();
  await run(report, CHECKS, ["ok"]);
  const checks = {
    bad: {
      result: { result: "error", details: ["wrong\nvery\nDo that."] },
      additional_info: { known: null },
    },
    ignored: { result: { result: "ignored" }, additional_info: { known: null } },
    ok: { result: { result: "ignored" }, additional_info: { known: null } },
    skipped: { result: { result: "skipped" }, additional_info: { known: null } },
    warn: {
      result: { result: "warning", details: ["odd\nDo this.", "first\nmore", "second"] },
      additional_info: { known: null },
    },
  };
  assert.equal(
    report.text({ now: "t" }),
    `${JSON.stringify({ additional_info: { now: "t" }, checks })}\n`,
  );
});

Deno.test("a JSON stream has one object after the other", async () => {
  let written = "";
  const report = new JsonStreamReport((text) => written += text);
  await run(report, CHECKS.slice(0, 1));
  report.end({ now: "t" });
  assert.equal(
    written,
    '{"kind":"section","name":"Some checks"}' +
      '{"kind":"check","id":"ok","description":"ok is fine","result":{"result":"ok"},"additional_info":{"known":5}}' +
      '{"kind":"additional_info","now":"t"}\n',
  );
});

Deno.test("what a check throws is its error", async () => {
  const broken: Check = {
    ...check("broken", OK),
    run: () => Promise.reject(new Error("outer", { cause: new Error("inner") })),
  };
  const [result] = await run(new JsonReport(), [broken]);
  assert.deepEqual(result?.outcome, {
    kind: "error",
    details: ["outer\nThis check itself failed; --verbose tells of the cause.", "inner"],
  });
});

Deno.test("checks run side by side and are told in their order", async () => {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const slow: Check = { ...check("slow", OK), run: () => promise };
  const fast: Check = {
    ...check("fast", OK),
    run: () => {
      resolve(OK);
      return Promise.resolve(OK);
    },
  };
  const results = await run(new JsonReport(), [slow, fast]);
  assert.deepEqual(results.map(({ check }) => check.id), ["slow", "fast"]);
});
