// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { enableIdentityService, restartServices } from "./units.ts";

Deno.test("services stop, sockets open, the Identity Service starts, in this order", async () => {
  const machine = fakeMachine();
  assert.equal(await restartServices(machine), true);
  assert.deepEqual(machine.calls, [
    "cat aziot-tpmd.socket",
    "stop aziot-identityd.service",
    "stop aziot-keyd.service",
    "stop aziot-certd.service",
    "start aziot-identityd.socket",
    "start aziot-keyd.socket",
    "start aziot-certd.socket",
    "start aziot-identityd.service",
  ]);
  const [first, , , socket] = machine.stdout.split("\n");
  assert.equal(first, "Stopping aziot-identityd.service...Stopped!");
  assert.equal(socket, "Starting aziot-identityd.socket...Started!");
});

Deno.test("a TPM service beside ours is restarted with them", async () => {
  const machine = fakeMachine({ systemctl: () => ({ success: true, stdout: "", stderr: "" }) });
  await restartServices(machine);
  assert.deepEqual(machine.calls.filter((call) => call.includes("tpmd")), [
    "cat aziot-tpmd.socket",
    "stop aziot-tpmd.service",
    "start aziot-tpmd.socket",
  ]);
});

Deno.test("a unit that fails is told with what systemctl said, the others go on", async () => {
  const machine = fakeMachine({
    systemctl: ([verb = "", unit = ""]) => ({
      success: verb !== "cat" && !(verb === "start" && unit === "aziot-keyd.socket"),
      stdout: "",
      stderr: "Job failed.",
    }),
  });
  assert.equal(await restartServices(machine), false);
  assert.equal(machine.calls.length, 8);
  assert.match(
    machine.stderr,
    /^systemctl start aziot-keyd\.socket exited with a non-zero status\nstdout:\n=======\n\nstderr:\n=======\nJob failed\.\n/,
  );
});

Deno.test("a system without systemctl is an error that says so", async () => {
  const machine = fakeMachine({
    systemctl: () => {
      throw new Deno.errors.NotFound("entity not found");
    },
  });
  await assert.rejects(enableIdentityService(machine), {
    message: "Failed to call systemctl enable",
  });
});
