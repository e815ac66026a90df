// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type LogEntry, RequestLog } from "./request_log.ts";

const ENTRY: Omit<LogEntry, "seq"> = {
  time: "2026-05-04T10:11:12.000Z",
  surface: "hub",
  instance: "hub",
  method: "GET",
  path: "/",
  query: "",
  headers: [],
  body: "",
};

function filled(count: number, capacity?: number): RequestLog {
  const log = new RequestLog(capacity);
  for (let turn = 0; turn < count; turn++) log.add(ENTRY);
  return log;
}

function numbers(entries: LogEntry[]): number[] {
  return entries.map(({ seq }) => seq);
}

Deno.test("entries are numbered from 1 and read from any number on", () => {
  const log = filled(3);
  assert.deepEqual(numbers(log.since()), [1, 2, 3]);
  assert.deepEqual(numbers(log.since(2)), [3]);
  assert.deepEqual(numbers(log.since(3)), []);
});

Deno.test("the numbers go on after the log was cleared", () => {
  const log = filled(2);
  log.clear();
  assert.deepEqual(log.since(), []);
  log.add(ENTRY);
  assert.deepEqual(numbers(log.since()), [3]);
});

Deno.test("a full log keeps the newest entries", () => {
  assert.deepEqual(numbers(filled(4, 3).since()), [2, 3, 4]);
  assert.deepEqual(numbers(filled(8, 3).since()), [6, 7, 8]);
});
