// SPDX-License-Identifier: MIT

/** A hub that takes a request and says nothing, or refuses the device: nobody else waits or asks. */

import assert from "node:assert/strict";
import { eventually, makeWorld, principal, type World } from "./identityd_world.ts";
import { connect, type RawConnection, rawRequest } from "./raw_http.ts";

const QUERY = "?api-version=2022-08-01";
const LOCAL: [request: string, body?: unknown][] = [
  ["GET /trust-bundle"],
  ["GET /identities/provisioning"],
  ["GET /identities/identity"],
  ["POST /identities/device", { type: "aziot" }],
];
const READS: [request: string, body?: unknown][] = [
  ...LOCAL,
  ["GET /identities/modules?type=aziot"],
  ["GET /identities/modules/telemetry?type=aziot"],
];

/** Nothing is scaled: the hub is waited for longer than any test takes. */
async function started(): Promise<World> {
  const world = await makeWorld({ principals: principal(54_001, "telemetry", "module") });
  try {
    await world.identityd.daemon.start();
    return world;
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** Sends a request and waits until the hub holds one of its own for it. */
async function holdUp(
  { cloud, identityd }: World,
  request: Uint8Array,
  held: number,
): Promise<{ connection: RawConnection; isAnswered(): boolean }> {
  const connection = await connect(identityd.socket);
  let isAnswered = false;
  connection.receive().then(() => isAnswered = true, () => isAnswered = true);
  await connection.send(request);
  const hits = () => cloud.faults.list().reduce((sum, order) => sum + order.hits, 0);
  await eventually("the request at the hub", () => hits() === held);
  return { connection, isAnswered: () => isAnswered };
}

function post(path: string, body: string): Uint8Array {
  return rawRequest("POST", `${path}${QUERY}`, [["Content-Length", `${body.length}`]], body);
}

for (
  const [what, request] of [
    ["a create", post("/identities/modules", '{"type":"aziot","moduleId":"slow"}')],
    ["a reprovisioning", post("/identities/device/reprovision", "")],
  ] as const
) {
  Deno.test(`reads are answered while ${what} waits for a hub that says nothing`, async () => {
    await using world = await started();
    // A reprovisioning has removed the module by then; its process asks for another one.
    await world.ask("POST /identities/modules", { body: { type: "aziot", moduleId: "other" } });
    world.cloud.faults.add({ match: { method: "PUT" }, fault: { kind: "drop", when: "never" } });
    const { connection, isAnswered } = await holdUp(world, request, 1);
    await using _ = connection;
    for (const [read, body] of READS) {
      const { status } = await world.ask(read.replace("telemetry", "other"), { body });
      assert.equal(status, 200, read);
      assert.equal(isAnswered(), false, `${read} has waited for the hub`);
    }
  });
}

Deno.test("what is known without the hub is told while the hub says nothing to anybody", async () => {
  await using world = await started();
  world.cloud.faults.add({ match: {}, fault: { kind: "drop", when: "never" } });
  const list = rawRequest("GET", `/identities/modules${QUERY}&type=aziot`, []);
  const update = post("/identities/modules", '{"type":"aziot","moduleId":"slow"}');
  const first = await holdUp(world, list, 1);
  await using _first = first.connection;
  const second = await holdUp(world, update, 2);
  await using _second = second.connection;
  for (const [read, body] of LOCAL) {
    assert.equal((await world.ask(read, { body })).status, 200, read);
    assert.equal(first.isAnswered() || second.isAnswered(), false, `${read} has waited`);
  }
});

Deno.test("equal reads at a time are one request at the hub", async () => {
  await using world = await started();
  const order = world.cloud.faults.add({
    match: { method: "GET" },
    fault: { kind: "drop", when: "never" },
  });
  const list = rawRequest("GET", `/identities/modules${QUERY}&type=aziot`, []);
  const { connection } = await holdUp(world, list, 1);
  await using _ = connection;
  const others = await Promise.all(Array.from({ length: 5 }, async () => {
    const other = await connect(world.identityd.socket);
    await other.send(list);
    return other;
  }));
  try {
    // Each has been read by the time a later request on a new connection is answered.
    await eventually(
      "the requests",
      () => world.identityd.daemon.log().split("<-- GET /identities/modules?").length - 1 >= 6,
    );
    assert.equal(world.cloud.faults.list().find(({ id }) => id === order)?.hits, 1);
  } finally {
    for (const other of others) await other[Symbol.asyncDispose]();
  }
});

Deno.test("a refused device is no reason to ask the hub again and again", async () => {
  await using world = await started();
  const { ask, cloud } = world;
  cloud.faults.add({ match: { method: "GET" }, fault: { kind: "status", status: 401 } });
  const asked = () => cloud.log().length;
  const since = asked();
  for (let again = 0; again < 5; again++) {
    assert.equal((await ask("GET /identities/modules/telemetry?type=aziot")).status, 404);
    assert.equal((await ask("GET /identities/modules?type=aziot")).status, 404);
  }
  assert.equal(asked(), since + 2);
  // A change means that somebody has done something about it.
  cloud.faults.clear();
  await ask("POST /identities/modules", { body: { type: "aziot", moduleId: "fresh" } });
  assert.equal((await ask("GET /identities/modules/telemetry?type=aziot")).status, 200);
});
