// SPDX-License-Identifier: MIT

/** `aziot check` beside real daemons and a hub, and for a user who may not look. */

import assert from "node:assert/strict";
import { commandLine } from "../../scripts/run.ts";
import { type Cloud, startCloud } from "../cloud/cloud.ts";
import type { Hub } from "../cloud/hub/hub.ts";
import { System } from "./aziot_system.ts";
import { type Device, startDevice } from "./device.ts";

interface Checked {
  result: { result: string; details?: string[] };
  additional_info: Record<string, unknown>;
}

interface Report {
  code: number;
  checks: Record<string, Checked>;
  additional_info: Record<string, unknown>;
}

/** The clock is nobody's business here, and the developer's machine is not configured. */
const LEFT_OUT = ["host-local-time", "configs-up-to-date", "socket-permissions", "state-ownership"];

async function check(device: Device, cloud: Cloud, ...args: string[]): Promise<Report> {
  const services = Object.fromEntries(
    ["keyd", "certd", "identityd"].flatMap((service) => {
      const name = `AZIOT_${service.toUpperCase()}_CONFIG`;
      const directory = `${device.dir}/etc/aziot/${service}`;
      return [[name, `${directory}/config.toml`], [`${name}_DIR`, `${directory}/config.d`]];
    }),
  );
  const { executable, args: line, env } = commandLine({
    program: "aziot",
    directory: device.dir,
    args: ["check", "--output", "json", "--dont-run", LEFT_OUT.join(" "), ...args],
    env: { ...services, SSL_CERT_FILE: cloud.caPath },
  });
  const { code, stdout, stderr } = await new Deno.Command(executable, {
    args: line,
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return { code, ...JSON.parse(new TextDecoder().decode(stdout)) };
}

async function withDevice(
  use: (device: Device, cloud: Cloud, hub: Hub) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await using cloud = await startCloud({ dir: directory, hub: "hub" });
    const hub = cloud.hubs.get("hub");
    assert.ok(hub);
    const { connectionString } = hub.addDevice("press-07");
    await using device = await startDevice({ hub: { connectionString, caPath: cloud.caPath } });
    await use(device, cloud, hub);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a device that works passes every check that is about it", async () => {
  await withDevice(async (device, cloud, hub) => {
    const { checks, additional_info } = await check(device, cloud);
    const results = Object.fromEntries(
      Object.entries(checks).map(([id, { result }]) => [id, result.result]),
    );
    for (
      const id of [
        "keyd-config-well-formed",
        "certd-config-well-formed",
        "identityd-config-well-formed",
        "keyd-running",
        "certd-running",
        "identityd-running",
        "certs-read",
        "key-pairs-read",
        "certs-match-private-keys",
        "certs-preloaded",
        "host-connect-iothub-https",
        "iothub-credentials",
        "proxy-settings",
      ]
    ) assert.equal(results[id], "ok", `${id}: ${JSON.stringify(checks[id])}`);
    // A hub with a port of its own speaks nothing but HTTPS.
    assert.equal(results["host-connect-iothub-mqtt"], "ignored");
    assert.equal(additional_info.iothub_hostname, hub.hostName);
  });
});

Deno.test("a key that the hub does not accept is found with what to do", async () => {
  await withDevice(async (device, cloud, hub) => {
    hub.removeDevice("press-07");
    hub.addDevice("press-07");
    const { code, checks } = await check(device, cloud);
    assert.equal(code, 1);
    const { result } = checks["iothub-credentials"] ?? {};
    assert.equal(result?.result, "error");
    assert.match(
      result?.details?.[0] ?? "",
      /status 401 to the device press-07.*\nCompare the key/,
    );
  });
});

Deno.test("daemons and a hub that are gone are told, and what needs them is skipped", async () => {
  await withDevice(async (device, cloud) => {
    await device.keyd.stop();
    await Deno.remove(device.keyd.socket).catch(() => {});
    await cloud[Symbol.asyncDispose]();
    const { code, checks } = await check(device, cloud);
    assert.equal(code, 1);
    const resultOf = (id: string) => checks[id]?.result.result;
    assert.equal(resultOf("keyd-running"), "error");
    assert.equal(resultOf("key-pairs-read"), "skipped");
    assert.equal(resultOf("iothub-credentials"), "skipped");
    assert.equal(resultOf("host-connect-iothub-https"), "error");
    assert.equal(resultOf("certd-running"), "ok");
  });
});

Deno.test("a host name that is not the machine's is counted as asked for", async () => {
  await withDevice(async (device, cloud) => {
    const others = ["keys-match-config", "host-connect-iothub-https", "iothub-credentials"];
    await Deno.writeTextFile(
      `${device.dir}/etc/aziot/identityd/config.d/99-name.toml`,
      `hostname = "${Deno.hostname()}.${"x".repeat(62)}.y"\n`,
    );
    const left = ["--dont-run", others.join(" ")];
    const relaxed = await check(device, cloud, ...left);
    assert.deepEqual([relaxed.code, relaxed.checks.hostname?.result.result], [0, "warning"]);
    const strict = await check(device, cloud, ...left, "--warnings-as-errors");
    assert.deepEqual([strict.code, strict.checks.hostname?.result.result], [1, "error"]);
  });
});

Deno.test("who may not read the configuration is told to be root, and nothing else", {
  ignore: Deno.uid() !== 0,
}, async () => {
  await using system = await System.start();
  assert.equal((await system.aziot(["init", "--provisioning", "none", "--no-restart"])).code, 0);
  const { code, stdout, stderr } = await system.aziot(["check"], 2505);
  assert.deepEqual([code, stderr], [1, ""]);
  assert.equal(
    stdout,
    `Configuration checks
--------------------
× keyd configuration is well-formed - Error
    Could not open file. You might need to run this command as root.
0 check(s) succeeded.
1 check(s) raised errors. Re-run with --verbose for more details.

`,
  );
});
