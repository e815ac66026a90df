// SPDX-License-Identifier: MIT

/** The figures beside what they are to be. */

import type { Direct } from "./direct.ts";
import { rounded } from "./figures.ts";
import type { Interference } from "./interference.ts";
import type { Memory } from "./memory.ts";
import type { StartTime } from "./start_time.ts";
import type { Throughput } from "./throughput.ts";
import type { ToolTime } from "./tool_time.ts";

/** Everything that was measured. */
export interface Measured {
  readonly throughput: readonly Throughput[];
  readonly direct: readonly Direct[];
  /** MiB that loading 1 000 keys adds. */
  readonly manyKeys: number;
  readonly interference: readonly Interference[];
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
  /** Whether the limit is the least that the value may be; else it is the most. */
  readonly isLeast: boolean;
  readonly unit: string;
  readonly holds: boolean;
}

/**
 * CPU a request compared with that of bare `Deno.serve`, or of the floor where it says so, by
 * subject.
 */
const RATIO_LIMITS: Readonly<Record<string, { limit: number; of?: string }>> = {
  floor: { limit: 1.4 },
  hmac: { limit: 4.5 },
  aead: { limit: 5 },
  pair: { limit: 7 },
  provisioning: { limit: 1.6, of: "the floor" },
  certificate: { limit: 1.6, of: "the floor" },
};
/** Why a row has a ratio and yet no limit, by subject. */
const NOTES: Readonly<Record<string, string>> = {
  identity: "no limit: each call resolves the device's key in the Keys Service, as specified",
};
/** Signatures of the service in a second of CPU, as parts of those of `openssl speed`. */
const SIGNATURE_LIMITS: Readonly<Record<string, number>> = { ecdsa: 0.18, rsa: 0.75 };
const MANY_KEYS_LIMIT = 2;
const INTERFERENCE_LIMIT = 1;
const IDLE_LIMIT = 60;
const PEAK_LIMIT = 100;
const GROWTH_LIMIT = 5;
const START_LIMIT = 100;
const TOOL_LIMIT = 150;

/** Compares each figure that has a limit with it. */
export function verdicts(measured: Measured): Verdict[] {
  const { throughput, direct, manyKeys, interference, memory, start, tool } = measured;
  const verdict = (what: string, value: number, limit: number, unit: string): Verdict => ({
    what,
    value: rounded(value, 2),
    limit,
    isLeast: false,
    unit,
    holds: value <= limit,
  });
  const ratios = throughput.flatMap(({ name, connections, ratio }) => {
    const row = RATIO_LIMITS[name];
    if (ratio === undefined || row === undefined) return [];
    const what = `${name}, ${connections} connections: CPU against ${row.of ?? "bare"}`;
    return [verdict(what, ratio, row.limit, "x")];
  });
  const signatures = throughput.flatMap(({ name, connections, cpu }) => {
    const limit = SIGNATURE_LIMITS[name];
    const openssl = direct.find((row) => row.name === `openssl ${name}`);
    if (limit === undefined || openssl === undefined) return [];
    const value = openssl.cpu / cpu;
    const what = `${name}, ${connections} connections: signatures against openssl speed`;
    return [{ ...verdict(what, value, limit, "x"), isLeast: true, holds: value >= limit }];
  });
  const waits = interference.map(({ beside, added }) =>
    verdict(`hmac beside ${beside}: added to p99`, added, INTERFERENCE_LIMIT, "ms")
  );
  const sizes = memory.flatMap(({ name, idle, peak, growth }) => [
    verdict(`${name}: memory idle`, idle, IDLE_LIMIT, "MiB"),
    verdict(`${name}: memory at most`, peak, PEAK_LIMIT, "MiB"),
    verdict(`${name}: memory added by 100 000 requests`, growth, GROWTH_LIMIT, "MiB"),
  ]);
  return [
    ...ratios,
    ...signatures,
    ...waits,
    ...sizes,
    verdict("keys library: memory for 1 000 keys", manyKeys, MANY_KEYS_LIMIT, "MiB"),
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
  const notes = Object.entries(NOTES)
    .filter(([name]) => measured.throughput.some((row) => row.name === name))
    .map(([name, note]) => `${name}: ${note}`);
  const lines = verdicts(measured).map(({ what, value, limit, isLeast, unit, holds }) =>
    `${holds ? "ok    " : "MISSED"} ${what}: ${value} ${unit} ` +
    `(at ${isLeast ? "least" : "most"} ${limit})`
  );
  const start = `keyd: CPU until its first answer: ${measured.start.cpu.toFixed(1)} ms`;
  const tool = measured.tool.map(({ command, cpu }) =>
    `aziot ${command}: CPU ${cpu.toFixed(1)} ms`
  );
  const direct = measured.direct.map(({ name, perSecond, cpu }) =>
    `${name}: ${perSecond.toFixed(0)}/s, CPU ${cpu.toFixed(2)} us`
  );
  const waits = measured.interference.map(({ beside, alone, together }) =>
    `hmac p99: ${alone.toFixed(2)} ms alone, ${together.toFixed(2)} ms beside ${beside}`
  );
  return [head, ...rows, ...notes, "", ...direct, ...waits, "", ...lines, start, ...tool].join(
    "\n",
  );
}

/** The report as one line of JSON. */
export function asJson(measured: Measured): string {
  return JSON.stringify(
    { ...measured, verdicts: verdicts(measured) },
    (_, value) => typeof value === "number" ? rounded(value, 3) : value,
  );
}
