// SPDX-License-Identifier: MIT

import { EXIT, SilentExit } from "../errors.ts";
import type { Machine } from "../machine.ts";
import { CONFIG_WELL_FORMED } from "./config_well_formed.ts";
import { Context } from "./context.ts";
import { machineInformation } from "./machine_information.ts";
import { parseProxy } from "./proxy.ts";
import { JsonReport, JsonStreamReport } from "./report_json.ts";
import { TextReport } from "./report_text.ts";
import { type Reporter, type Result, runChecks } from "./run_checks.ts";
import { SECTIONS } from "./sections.ts";

/** Options of `check`. */
export interface CheckOptions {
  /** Each a list of ids, separated by spaces. */
  dontRun?: string[];
  output: "text" | "json" | "json-stream";
  verbose?: boolean;
  warningsAsErrors?: boolean;
  ntpServer: string;
  iothubHostname?: string;
  proxyUri?: string;
  expectedAziotVersion?: string;
}

/** Looks for what keeps a device from working, and exits with 1 when there is something. */
export async function check(options: CheckOptions, machine: Machine): Promise<void> {
  const context = contextOf(options, machine);
  const results = await report(options, context);
  const isBad = results.some(({ outcome: { kind } }) => kind === "error" || kind === "fatal");
  if (isBad) throw new SilentExit(EXIT.failure);
}

function contextOf(options: CheckOptions, machine: Machine): Context {
  if (options.proxyUri !== undefined) parseProxy(options.proxyUri);
  const dontRun = (options.dontRun ?? []).flatMap((ids) => ids.split(/\s+/)).filter(Boolean);
  const known = SECTIONS.flatMap(({ checks }) => checks.map(({ id }) => id));
  for (const id of dontRun) {
    if (!known.includes(id)) machine.err(`warning: --dont-run: there is no check ${id}\n`);
  }
  return new Context({
    dontRun,
    ntpServer: options.ntpServer,
    iothubHostname: options.iothubHostname,
    proxyUri: options.proxyUri,
    expectedVersion: options.expectedAziotVersion,
  }, machine);
}

async function report(options: CheckOptions, context: Context): Promise<Result[]> {
  const { machine } = context;
  const run = (reporter: Reporter) =>
    runChecks(
      SECTIONS,
      CONFIG_WELL_FORMED,
      context,
      { warningsAsErrors: options.warningsAsErrors ?? false },
      reporter,
    );
  switch (options.output) {
    case "json": {
      const reporter = new JsonReport();
      const results = await run(reporter);
      machine.out(reporter.text(await machineInformation(context)));
      return results;
    }
    case "json-stream": {
      const reporter = new JsonStreamReport((text) => machine.out(text));
      const results = await run(reporter);
      reporter.end(await machineInformation(context));
      return results;
    }
    case "text": {
      const reporter = new TextReport({
        isVerbose: options.verbose ?? false,
        isColoured: isColoured(machine),
        out: (text) => machine.out(text),
      });
      const results = await run(reporter);
      reporter.summary(results);
      return results;
    }
  }
}

function isColoured(machine: Machine): boolean {
  if ((machine.env("CLICOLOR_FORCE") ?? "0") !== "0") return true;
  return machine.hasTerminal && !machine.env("NO_COLOR");
}
