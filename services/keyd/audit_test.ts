// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { ServiceError } from "../http/errors.ts";
import { createLog } from "../log/log.ts";
import { AuditRecord, outcomeOf } from "./audit.ts";

const PEER = { pid: 4242, uid: 1000, gid: 1000 };

function lines(spec: string, write: (record: AuditRecord) => void, operation = "sign"): string[] {
  const written: string[] = [];
  const log = createLog("keyd", spec, {
    write: (bytes) => void written.push(new TextDecoder().decode(bytes)),
    now: () => new Date("2026-05-04T10:11:12Z"),
  });
  const record = new AuditRecord(PEER, operation);
  write(record);
  record.end(log, "ok");
  return written;
}

Deno.test("a line names uid, pid, operation, key id and outcome", () => {
  assert.deepEqual(lines("info", (record) => record.ids("pump-3"), "create key"), [
    '<6>2026-05-04T10:11:12Z [INFO] - audit: uid 1000 pid 4242 create key "pump-3": ok\n',
  ]);
});

Deno.test("a derived key is named by its base, never by a handle", () => {
  const [line = ""] = lines("info", (record) =>
    record.ref({
      kind: "derived",
      base: { kind: "key", id: "pump-3" },
      handle: "sr=AAAA&sig=AAAA",
      data: new Uint8Array([1]),
    }));
  assert.match(line, /sign "pump-3" \(derived\): ok\n$/);
  assert.doesNotMatch(line, /sr=|sig=/);
});

Deno.test("an operation whose key never got known says so", () => {
  assert.match(lines("info", () => {})[0] ?? "", / sign unknown key: ok\n$/);
});

Deno.test("an id cannot break out of its line, and a long one is cut", () => {
  const [injected = ""] = lines("info", (record) => record.ids('a"\n<3>forged'));
  assert.match(injected, /sign "a\\"\\n<3>forged": ok\n$/);
  const [long = ""] = lines("info", (record) => record.ids("x".repeat(100_000)));
  assert.ok(long.length < 400);
});

Deno.test("nothing is written above level info", () => {
  assert.deepEqual(lines("warn", (record) => record.ids("pump-3")), []);
});

Deno.test("an error counts by who can do something about it", () => {
  assert.equal(outcomeOf(new ServiceError(401, "x")), "refused");
  assert.equal(outcomeOf(new ServiceError(400, "x")), "invalid");
  assert.equal(outcomeOf(new ServiceError(500, "x")), "failed");
  assert.equal(outcomeOf(new TypeError("x")), "failed");
});
