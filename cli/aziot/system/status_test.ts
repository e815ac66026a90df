// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type FakeMachine, fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

/** Runs `system status` where systemd says `states` of units, and `active` of all others. */
async function status(
  states: Record<string, { stdout: string; stderr?: string }>,
  ...args: string[]
): Promise<{ code: number; machine: FakeMachine }> {
  const machine = fakeMachine({
    systemctl: ([verb = "", unit = ""]) => {
      if (verb === "cat") return { success: false, stdout: "", stderr: "" };
      const { stdout, stderr = "" } = states[unit] ?? { stdout: "active\n" };
      return { success: stdout === "active\n", stdout, stderr };
    },
  });
  return { code: await aziot(["system", "status", ...args], machine), machine };
}

const HINTS = `Use 'aziot system logs' to check for non-fatal errors.
Use 'aziot check' to diagnose connectivity and configuration issues.
`;

Deno.test("services that run or wait for a caller are in a good state", async () => {
  const { code, machine } = await status({
    "aziot-certd.service": { stdout: "inactive\n" },
    "aziot-certd.socket": { stdout: "active\n" },
  });
  assert.equal(code, 0);
  assert.equal(
    machine.stdout,
    `System services:
    aziot-identityd         Running
    aziot-keyd              Running
    aziot-certd             Ready

${HINTS}`,
  );
  assert.equal(machine.stderr, "");
});

Deno.test("a failed service is shown with systemd's words and its last log lines", async () => {
  const { code, machine } = await status({
    "aziot-keyd.service": { stdout: "failed\n", stderr: "  odd  " },
    "aziot-keyd.socket": { stdout: "inactive\n" },
  });
  assert.equal(code, 1);
  assert.equal(
    machine.stdout,
    `System services:
    aziot-identityd         Running
    aziot-keyd              Down - failed odd
    aziot-certd             Running

aziot-keyd is in a bad state because:
aziot-keyd.service: Down - failed odd: Printing the last 10 log lines.

aziot-keyd.socket: Down - inactive: Printing the last 10 log lines.

${HINTS}`,
  );
  assert.equal(machine.stderr, "not in a good state: aziot-keyd\n");
  assert.deepEqual(machine.calls.slice(-2), [
    "journalctl -u aziot-keyd.service --no-pager -e -n 10",
    "journalctl -u aziot-keyd.socket --no-pager -e -n 10",
  ]);
});

Deno.test("a service that runs without its socket cannot be reached", async () => {
  for (const [socket, text] of [["inactive", "inactive"], ["failed", "failed "]] as const) {
    const { code, machine } = await status({ "aziot-keyd.socket": { stdout: `${socket}\n` } });
    assert.equal(code, 1);
    assert.match(machine.stdout, /^ {4}aziot-keyd {14}Down - socket error$/m);
    assert.match(
      machine.stdout,
      /^aziot-keyd\.service: Running: Printing the last 10 log lines\.$/m,
    );
    assert.ok(machine.stdout.includes(`\naziot-keyd.socket: Down - ${text}: Printing`));
  }
});

Deno.test("a socket that is down is no fault of a service that waits", async () => {
  const { code } = await status({
    "aziot-keyd.service": { stdout: "inactive\n" },
    "aziot-keyd.socket": { stdout: "inactive\n" },
  });
  assert.equal(code, 0);
});

for (const args of [["-o", "json"], ["--output=json"], ["--json"]]) {
  Deno.test(`programs get the states with ${args.join(" ")}`, async () => {
    const { code, machine } = await status({
      "aziot-identityd.service": { stdout: "activating\n" },
      "aziot-certd.service": { stdout: "inactive\n" },
    }, ...args);
    assert.equal(code, 1);
    const [identityd, , certd] = JSON.parse(machine.stdout).services;
    const socket = { state: "running", detail: null };
    assert.deepEqual(identityd, {
      name: "aziot-identityd",
      state: "down",
      detail: "activating",
      sockets: [{ name: "aziot-identityd.socket", ...socket }],
    });
    assert.deepEqual(certd, {
      name: "aziot-certd",
      state: "ready",
      detail: "inactive",
      sockets: [{ name: "aziot-certd.socket", ...socket }],
    });
    assert.ok(!machine.calls.some((call) => call.startsWith("journalctl")));
  });
}

Deno.test("a machine without systemd is told so", async () => {
  const machine = fakeMachine({
    systemctl: () => {
      throw new Deno.errors.NotFound("no systemctl");
    },
  });
  assert.equal(await aziot(["system", "status"], machine), 1);
  assert.match(machine.stderr, /^Failed to call systemctl is-active\n\nCaused by:\n/);
});
