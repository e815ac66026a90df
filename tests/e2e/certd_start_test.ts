// SPDX-License-Identifier: MIT

/** How the Certificates Service starts, what it logs, and what keeps it from starting. */

import assert from "node:assert/strict";
import { VERSION } from "../../services/version.ts";
import { type Certd, prepareCertd } from "./certd_daemon.ts";
import { readVector } from "./keyd_replay.ts";

/** A recorded start of the existing service; `<DIR>` and `<time>` stand for what is new each time. */
interface RecordedStart {
  name: string;
  /** `null`: no file. Absent: nothing but the home directory. */
  config?: string | null;
  /** `null`: it runs. */
  exitCode: number | null;
  log: string[];
}

/** What of ours differs on purpose. */
interface Difference {
  cases: string[];
  exitCode?: null;
  log?: string[];
  reason: string;
}

/** What the names of the recorded starts say of their environment. */
const ENVIRONMENTS: Record<string, Record<string, string>> = {
  "certd with empty https_proxy": { https_proxy: "" },
  "certd with bad HTTPS_PROXY": { HTTPS_PROXY: "http://u:secret@" },
  "certd with HTTPS_PROXY with password": { HTTPS_PROXY: "http://u:secret@127.0.0.1:9" },
  "certd with both: upper case wins": { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:2" },
};

const RECORD = /^<[3467]>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[(ERR!|WARN|INFO|DBUG|TRCE)\] - /;

/** The records without their times; every line has to be one. */
function records(log: string): string[] {
  const lines = log.split("\n").slice(0, -1);
  for (const line of lines) assert.match(line, RECORD);
  return lines.map((line) => line.replace(/^(<\d>)[^ ]+/, "$1<time>"));
}

/**
 * The recorded records, without the backtrace and with the lines of one cause in one record. Where
 * the existing service names a table, ours goes on to the setting.
 */
function wanted(certd: Certd, recorded: string[]): string[] {
  return recorded
    .filter((line) => !line.endsWith("<stack backtrace>"))
    .join("\n").replace(/\n(?!<)/g, " ").split("\n")
    .map((line) =>
      line.trimEnd().replace(/( in `cert_issuance[^`]*)`$/, "$1")
        .replaceAll("<DIR>", `${certd.dir}/etc/aziot`)
        .replace("Version - 1.6.0", `Version - ${VERSION}`)
    );
}

Deno.test("starts and failures to start are logged as recorded", async (t) => {
  const topic = "certd-daemon-config";
  const differences = await readVector<Difference[]>(topic, "differences.json");
  const unused = new Set(differences.flatMap(({ cases }) => cases));
  for (const recorded of await readVector<RecordedStart[]>(topic, "cases.json")) {
    const { name } = recorded;
    const difference = differences.find(({ cases }) => cases.includes(name));
    unused.delete(name);
    await t.step(name, async () => {
      const { config, exitCode, log, reason } = {
        reason: "as recorded",
        ...recorded,
        ...difference,
      };
      await using certd = await prepareCertd({
        // The configured endpoint does not count, as in the packaged service.
        env: { AZIOT_DEV_ENDPOINTS: "0", ...ENVIRONMENTS[name] },
      });
      const file = `${certd.dir}/etc/aziot/certd/config.toml`;
      if (config === null) await Deno.remove(`${certd.dir}/etc/aziot/certd`, { recursive: true });
      else if (config) {
        await Deno.writeTextFile(file, config.replaceAll("<DIR>/certd/home", certd.home));
      }
      if (exitCode === null) await certd.daemon.start();
      else {
        const ended = new RegExp(`ended with exit code ${exitCode}:`);
        await assert.rejects(certd.daemon.start(), ended, reason);
      }
      const ours = certd.daemon.log();
      assert.doesNotMatch(ours, /secret/);
      const [lines, expected] = [records(ours), wanted(certd, log)];
      assert.equal(lines.length, expected.length, `${reason}:\n${ours}`);
      for (const [index, line] of expected.entries()) {
        assert.ok(lines[index]?.startsWith(line), `${reason}: ${line}\nis not ${lines[index]}`);
      }
    });
  }
  assert.deepEqual([...unused], [], "differences of cases that do not exist");
});
