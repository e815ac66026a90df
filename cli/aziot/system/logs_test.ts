// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

const UNITS = "-u aziot-identityd.service -u aziot-keyd.service -u aziot-certd.service";

for (
  const [args, expected] of [
    [[], "-e --no-pager"],
    [["--", "-f", "-n", "5"], "-f -n 5"],
    [["--", "--since", "1 hour ago"], "--since 1 hour ago"],
  ] as const
) {
  Deno.test(`aziot system logs ${args.join(" ")} shows the journal of all services`, async () => {
    const machine = fakeMachine();
    assert.equal(await aziot(["system", "logs", ...args], machine), 0);
    assert.equal(machine.calls.at(-1), `journalctl ${UNITS} ${expected}`);
  });
}

Deno.test("journalctl's failure is the command's", async () => {
  const machine = fakeMachine({ journalctl: false });
  assert.equal(await aziot(["system", "logs"], machine), 1);
  assert.equal(machine.stderr, "journalctl exited with a non-zero status\n");
});

Deno.test("options of journalctl stand behind the dashes", async () => {
  assert.equal(await aziot(["system", "logs", "-f"], fakeMachine()), 2);
});
