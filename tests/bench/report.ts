// SPDX-License-Identifier: MIT

/** The figures beside what they are to be. */

import { rounded } from "./figures.ts";
import type { Memory } from "./memory.ts";
import type { StartTime } from "./start_time.ts";
import type { Throughput } from "./throughput.ts";
import type { ToolTime } from "./tool_time.ts";

/** Everything that was measured. */
export interface Measured {
  readonly throughput: readonly Throughput[];
  readonly memory: readonly Memory[];
  /** From exec to the first answer of keyd. */
  readonly start: StartTime;
  readonly tool: readonly ToolTime[];
}

/** One figure that has a limit. */
export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  readonly holds: boolean;
}

/** CPU a request compared with bare `Deno.serve`, by subject. */
const RATIO_LIMITS: Readonly<Record<string, number>> = { floor: 1.4, hmac: 4.5, aead: 5 };
const IDLE_LIMIT = 60;
const PEAK_LIMIT = 100;
const GROWTH_LIMIT = 5;
const START_LIMIT = 100;
const TOOL_LIMIT = 150;

/** Compares each figure that has a limit with it. */
export function verdicts({ throughput, memory, start, tool }: Measured): Verdict[] {
  const verdict = (what: string, value: number, limit: number, unit: string): Verdict => ({
    what,
    value: rounded(value, 2),
    limit,
    unit,
    holds: value <= limit,
  });
  const ratios = throughput.flatMap(({ name, connections, ratio }) => {
    const limit = RATIO_LIMITS[name];
    if (ratio === undefined || limit === undefined) return [];
    return [verdict(`${name}, ${connections} connections: CPU against bare`, ratio, limit, "x")];
  });
  const sizes = memory.flatMap(({ name, idle, peak, growth }) => [
    verdict(`${name}: memory idle`, idle, IDLE_LIMIT, "MiB"),
    verdict(`${name}: memory at most`, peak, PEAK_LIMIT, "MiB"),
    verdict(`${name}: memory added by 100 000 requests`, growth, GROWTH_LIMIT, "MiB"),
  ]);
  return [
    ...ratios,
    ...sizes,
    verdict("keyd: exec to first answer", start.elapsed, START_LIMIT, "ms"),
    ...tool.map(({ command, elapsed }) =>
      verdict(`aziot ${command}: exec to exit`, elapsed, TOOL_LIMIT, "ms")
    ),
  ];
}

/** The report as text. */
export function asText(measured: Measured): string {
  const head = `${"subject".padEnd(16)}${
    ["conn.", "req/s", "p50 us", "p99 us", "CPU us", "ratio"].map((word) => word.padStart(9))
      .join("")
  }`;
  const rows = measured.throughput.map((row) =>
    row.name.padEnd(16) + [
      String(row.connections),
      row.perSecond.toFixed(0),
      row.p50.toFixed(1),
      row.p99.toFixed(1),
      row.cpu.toFixed(2),
      row.ratio?.toFixed(2) ?? "",
    ].map((cell) => cell.padStart(9)).join("")
  );
  const lines = verdicts(measured).map(({ what, value, limit, unit, holds }) =>
    `${holds ? "ok    " : "MISSED"} ${what}: ${value} ${unit} (at most ${limit})`
  );
  const start = `keyd: CPU until its first answer: ${measured.start.cpu.toFixed(1)} ms`;
  const tool = measured.tool.map(({ command, cpu }) =>
    `aziot ${command}: CPU ${cpu.toFixed(1)} ms`
  );
  return [head, ...rows, "", ...lines, start, ...tool].join("\n");
}

/** The report as one line of JSON. */
export function asJson(measured: Measured): string {
  return JSON.stringify(
    { ...measured, verdicts: verdicts(measured) },
    (_, value) => typeof value === "number" ? rounded(value, 3) : value,
  );
}
