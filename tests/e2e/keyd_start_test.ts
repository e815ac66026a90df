// SPDX-License-Identifier: MIT

/** How the Keys Service starts, what it logs, and what keeps it from starting. */

import assert from "node:assert/strict";
import { libraryDirectory } from "../../scripts/run.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { VERSION } from "../../services/version.ts";
import { type Keyd, librariesWith, prepareKeyd } from "./keyd_daemon.ts";
import { readVector } from "./keyd_replay.ts";
import { exchange, latin1, rawRequest } from "./raw_http.ts";

/** A recorded start of the existing service; `<DIR>` and `<time>` stand for what is new each time. */
interface RecordedStart {
  name: string;
  /** `null`: no file. One byte a character. */
  config: string | null;
  /** `null`: it runs. */
  exitCode: number | null;
  log: string[];
}

/** What ours logs where that differs on purpose. */
interface Difference {
  cases: string[];
  log: string[];
  reason: string;
}

async function recordedStarts(prefix: string): Promise<(RecordedStart & { reason: string })[]> {
  const topic = "keyd-daemon-config";
  const differences = await readVector<Difference[]>(topic, "differences.json");
  return (await readVector<RecordedStart[]>(topic, "cases.json"))
    .filter(({ name }) => name.startsWith(prefix))
    .map((recorded) => ({
      ...recorded,
      reason: "as recorded",
      ...differences.find(({ cases }) => cases.includes(recorded.name)),
    }));
}

const RECORD = /^<[3467]>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[(ERR!|WARN|INFO|DBUG|TRCE)\] - /;

/** The records without their times; every line has to be one. */
function records(log: string): string[] {
  const lines = log.split("\n").slice(0, -1);
  for (const line of lines) assert.match(line, RECORD);
  return lines.map((line) => line.replace(/^(<\d>)[^ ]+/, "$1<time>"));
}

/**
 * Each recorded record is one of ours, which may tell more. A record of several lines, of which the
 * existing service gives only the first one a head, is one line of ours.
 */
function assertLogged(keyd: Keyd, ours: string[], recorded: string[], reason: string): void {
  const expected = recorded.length === 0
    ? []
    : recorded.join("\n").replace(/\n+(?!<|$)/g, " ").replace(/\n+$/, "")
      .replaceAll("<DIR>", `${keyd.dir}/etc/aziot`)
      .replace("Version - 1.6.0", `Version - ${VERSION}`)
      .split(/\n+/)
      .map(sortHeaders);
  assert.equal(ours.length, expected.length, `${reason}: ${ours.join("\n")}`);
  for (const [index, line] of expected.entries()) {
    const own = sortHeaders(ours[index] ?? "");
    assert.ok(own.startsWith(line), `${reason}: expected ${line}, got ${own}`);
  }
}

/** The logged headers in one order, which is no part of the format. */
function sortHeaders(line: string): string {
  return line.replace(
    /\{(.+)\}$/,
    (_, headers: string) => `{${headers.split(", ").sort().join(", ")}}`,
  );
}

Deno.test("starts and failures to start are logged as recorded", async (t) => {
  for (const recorded of await recordedStarts("keyd start: ")) {
    await t.step(recorded.name, async () => {
      // The configured endpoint does not count: the socket is passed, as in the packaged service.
      await using keyd = await prepareKeyd({ env: { AZIOT_DEV_ENDPOINTS: "0" } });
      const file = `${keyd.dir}/etc/aziot/keyd/config.toml`;
      if (recorded.config === null) {
        await Deno.remove(`${keyd.dir}/etc/aziot/keyd`, { recursive: true });
      } else {
        await Deno.writeFile(file, latin1(recorded.config.replaceAll("<DIR>", keyd.dir)));
      }
      if (recorded.exitCode === null) {
        await keyd.start();
        assertLogged(keyd, records(keyd.daemon.log()), recorded.log, recorded.reason);
      } else {
        const { code, log } = await keyd.launch().end;
        assert.equal(code, recorded.exitCode);
        assertLogged(keyd, records(log), recorded.log, recorded.reason);
      }
    });
  }
});

Deno.test("AZIOT_LOG filters the records as recorded", async (t) => {
  for (const recorded of await recordedStarts("AZIOT_LOG")) {
    await t.step(recorded.name, async () => {
      const value = /^AZIOT_LOG='(.*)'$/.exec(recorded.name)?.[1] ?? assert.fail(recorded.name);
      await using keyd = await prepareKeyd();
      const running = keyd.launch({ env: { AZIOT_LOG: value } });
      await untilListening(keyd);
      const query = "?api-version=2021-05-01";
      const host = ["host", "keyd.sock"] as const;
      await exchange(keyd.socket, rawRequest("GET", `/key/k-fgvuun${query}`, [host]));
      const body = '{"keyHandle":"x"}';
      await exchange(
        keyd.socket,
        rawRequest("POST", `/parameters/x${query}`, [
          host,
          ["content-type", "application/json"],
          ["content-length", `${body.length}`],
        ], body),
      );
      const { log } = await running.stop();
      // The audit trail, what comes with the end, and everything below info are ours alone.
      const ours = records(log).filter((line) =>
        !line.startsWith("<7>") && !/ - (audit: |Received SIGTERM)/.test(line)
      );
      assertLogged(keyd, ours, recorded.log, recorded.reason);
    });
  }
});

/** The socket takes connections before the service is there: it is passed. */
async function untilListening(keyd: Keyd): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ transport: "unix", path: keyd.socket })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

Deno.test("a keys library that cannot be used keeps the service from starting", async (t) => {
  const tests = `${libraryDirectory()}/tests`;
  const rows: [what: string, library: string, log: RegExp][] = [
    ["a file that is missing", "/nonexistent.so", /libaziot_keys\.so.*No such file or directory/],
    ["a file that is no library", "/etc/passwd", /libaziot_keys\.so.*(invalid ELF|file too short)/],
    [
      "a library of something else",
      `${libraryDirectory()}/libaziot_sys.so`,
      /libaziot_keys\.so.*aziot_keys_get_function_list/,
    ],
    [
      "a library of another version",
      `${tests}/no_version_library.so`,
      /libaziot_keys\.so.*version/,
    ],
    [
      "a library with a NULL pointer",
      `${tests}/null_pointer_library.so`,
      /libaziot_keys\.so.*is missing/,
    ],
  ];
  for (const [what, library, expected] of rows) {
    await t.step(what, async () => {
      const libraries = await librariesWith("libaziot_keys.so", library);
      await using keyd = await prepareKeyd({ libraries });
      try {
        const { code, log } = await keyd.launch().end;
        assert.equal(code, 1);
        const lines = records(log);
        assert.equal(lines[2], "<3><time> [ERR!] - service encountered an error");
        assert.match(lines[3] ?? "", expected);
        assert.ok(lines.every((line) => !/^\s+at /.test(line)), "no backtrace");
      } finally {
        await Deno.remove(libraries, { recursive: true });
      }
    });
  }
});

Deno.test("an older keys library serves, but cannot move or delete", async () => {
  const libraries = await librariesWith(
    "libaziot_keys.so",
    `${libraryDirectory()}/tests/old_library.so`,
  );
  await using keyd = await prepareKeyd({ libraries });
  try {
    await keyd.start();
    assert.match(keyd.daemon.log(), /Loaded libaziot-keys with version 0x02000000\n/);
    using keys = keysClient({ socket: keyd.socket });
    const handle = await keys.createKeyIfNotExists("k", "sign");
    assert.equal((await keys.signHmacSha256(handle, new Uint8Array(1))).length, 32);
    await assert.rejects(keys.deleteKey(handle), { status: 500, message: "internal error" });
    await assert.rejects(keys.moveKeyPair("a", "b"), { status: 500, message: "internal error" });
    await keyd.daemon.stop();
    assert.match(
      keyd.daemon.log(),
      /could not delete key: the keys library does not have this function/,
    );
  } finally {
    await keyd.daemon.stop();
    await Deno.remove(libraries, { recursive: true });
  }
});
