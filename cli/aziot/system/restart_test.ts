// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

Deno.test("stop stops the services and leaves the sockets to them", async () => {
  const machine = fakeMachine();
  assert.equal(await aziot(["system", "stop"], machine), 0);
  assert.deepEqual(machine.calls.slice(1), [
    "stop aziot-identityd.service",
    "stop aziot-keyd.service",
    "stop aziot-certd.service",
  ]);
  assert.match(machine.stdout, /^Stopping aziot-identityd\.service\.\.\.Stopped!\n/);
});

Deno.test("restart is a stop and a start of the sockets and the Identity Service", async () => {
  const machine = fakeMachine();
  assert.equal(await aziot(["system", "restart"], machine), 0);
  assert.equal(machine.calls.length, 8);
  assert.match(machine.stdout, /Starting aziot-identityd\.service\.\.\.Started!\n$/);
});

for (const command of ["stop", "restart"]) {
  Deno.test(`a unit that fails makes ${command} fail after all others had their turn`, async () => {
    const systemctl = ([, unit]: string[]) => ({
      success: unit !== "aziot-identityd.service",
      stdout: "out text",
      stderr: "err text",
    });
    const machine = fakeMachine({ systemctl });
    assert.equal(await aziot(["system", command], machine), 1);
    assert.match(machine.stderr, /^stdout:\n=======\nout text\nstderr:\n=======\nerr text\n/m);
    assert.ok(machine.calls.includes("stop aziot-certd.service"));
    assert.doesNotMatch(machine.stdout, /out text|err text/);
  });
}
