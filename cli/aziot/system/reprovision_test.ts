// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type FakeMachine, fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

interface Asked {
  method: string;
  target: string;
  body: unknown;
}

/** Runs the command beside an Identity Service that answers as said. */
async function reprovision(
  ...answers: Response[]
): Promise<{ code: number; machine: FakeMachine; asked: Asked[] }> {
  const files = await Deno.makeTempDir();
  await Deno.mkdir(`${files}/run/aziot`, { recursive: true });
  const asked: Asked[] = [];
  const server = Deno.serve(
    { path: `${files}/run/aziot/identityd.sock`, onListen: () => {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      asked.push({ method: request.method, target: pathname + search, body: await request.json() });
      return answers.shift() ?? new Response(null, { status: 500 });
    },
  );
  try {
    const machine = fakeMachine({ files });
    const code = await aziot(["system", "reprovision"], machine);
    return { code, machine, asked };
  } finally {
    await server.shutdown();
    await Deno.remove(files, { recursive: true });
  }
}

Deno.test("the Identity Service is asked once and its success told", async () => {
  const { code, machine, asked } = await reprovision(new Response(null, { status: 204 }));
  assert.equal(code, 0, machine.stderr);
  assert.equal(machine.stdout, "Successfully reprovisioned with IoT Hub.\n");
  assert.deepEqual(asked, [{
    method: "POST",
    target: "/identities/device/reprovision?api-version=2021-12-01",
    body: { type: "aziot" },
  }]);
});

Deno.test("the service's own message tells of a failure", async () => {
  const body = { message: "could not provision" };
  const { code, machine, asked } = await reprovision(Response.json(body, { status: 500 }));
  assert.equal(code, 1);
  assert.equal(machine.stderr, "Failed to reprovision: could not provision\n");
  assert.equal(asked.length, 1);
});

for (const status of [401, 403, 404]) {
  Deno.test(`status ${status} comes with the hint to be root`, async () => {
    const { code, machine } = await reprovision(Response.json({ message: "no" }, { status }));
    assert.equal(code, 1);
    assert.match(machine.stderr, /^Failed to reprovision: no\n.*run the command as root\.\n$/);
  });
}

Deno.test("what the cloud refuses is no matter of who asks", async () => {
  const body = { message: "Hub client error\ncaused by: device d is disabled" };
  const { code, machine } = await reprovision(Response.json(body, { status: 404 }));
  assert.equal(code, 1);
  assert.match(machine.stderr, /is disabled\nSee `aziot check`: is the cloud reachable, and .*\n$/);
});

Deno.test("a service that does not listen is named by its socket", async () => {
  const machine = fakeMachine();
  assert.equal(await aziot(["system", "reprovision"], machine), 1);
  assert.match(
    machine.stderr,
    /^Failed to reprovision: not connected: .*\/run\/aziot\/identityd\.sock\nSee `aziot system status`/,
  );
});

const throttled = () => Response.json({ message: "slow down" }, { status: 429 });

Deno.test("a service that is throttled is asked again, and the user told of each wait", async () => {
  const done = new Response(null, { status: 204 });
  const { code, machine, asked } = await reprovision(throttled(), throttled(), done);
  assert.equal(code, 0, machine.stderr);
  assert.equal(asked.length, 3);
  assert.match(
    machine.stderr,
    /^(The Identity Service is throttled: asking again in (6|12|13)\d seconds\.\n){2}$/,
  );
  assert.equal(machine.stdout, "Successfully reprovisioned with IoT Hub.\n");
});

Deno.test("a service that stays throttled is given up after five times", async () => {
  const answers = Array.from({ length: 6 }, throttled);
  const { code, machine, asked } = await reprovision(...answers);
  assert.equal(code, 1);
  assert.equal(asked.length, 5);
  assert.match(machine.stderr, /\nFailed to reprovision: slow down\n$/);
});
