// SPDX-License-Identifier: MIT

/** The Keys Service killed at any moment while it changes keys for callers. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type KeysClient, keysClient } from "../../services/keyd/client.ts";
import { type Keyd, startKeyd } from "./keyd_daemon.ts";
import { randomNumbers } from "./random_numbers.ts";

/** How often it is killed; a longer run sets more. */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? 10);

/** What has been answered with success, and so has to outlive the service. */
interface Acknowledged {
  created: number;
  pairs: number;
  imports: number;
  moves: number;
  deletions: number;
}

const imported = (round: number) => new Uint8Array(20_000 + round % 100).fill(round % 251);
const place = (round: number) => round % 2 === 0 ? "here" : "there";

/** Each changes keys of its own until the service is gone. */
const CHANGES: readonly ((keys: KeysClient, done: Acknowledged) => Promise<void>)[] = [
  async (keys, done) => {
    await keys.createKeyIfNotExists(`made-${done.created}`, "sign");
    done.created++;
  },
  async (keys, done) => {
    await keys.createKeyPairIfNotExists(`pair-${done.pairs}`, "ec-p256");
    done.pairs++;
  },
  async (keys, done) => {
    await keys.importKey("imported", "sign", imported(done.imports));
    done.imports++;
  },
  async (keys, done) => {
    await keys.moveKeyPair(place(done.moves), place(done.moves + 1));
    done.moves++;
  },
  async (keys, done) => {
    const handle = await keys.createKeyIfNotExists(`doomed-${done.deletions}`, "sign");
    await keys.deleteKey(handle);
    done.deletions++;
  },
];

/** Goes on until the service is gone; what it refuses meanwhile is a failure of the test. */
async function changeUntilGone(
  keyd: Keyd,
  change: (typeof CHANGES)[number],
  done: Acknowledged,
): Promise<void> {
  using keys = keysClient({ socket: keyd.socket, retries: 0 });
  for (;;) {
    try {
      await change(keys, done);
    } catch (error) {
      if (error instanceof Error && "status" in error) throw error;
      return;
    }
  }
}

async function exists(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    // Anything else would be a torn file.
    assert.equal(error instanceof Error && "status" in error && error.status, 400, String(error));
    return false;
  }
}

/** Everything acknowledged is there; what was under way has happened or has not. */
async function verify(keys: KeysClient, done: Acknowledged, point: string): Promise<void> {
  for (let round = 0; round < done.created; round++) await keys.loadKey(`made-${round}`);
  if (await exists(keys.loadKey(`made-${done.created}`))) done.created++;
  for (let round = 0; round < done.pairs; round++) await keys.loadKeyPair(`pair-${round}`);
  if (await exists(keys.loadKeyPair(`pair-${done.pairs}`))) done.pairs++;

  if (done.imports > 0) {
    const signature = await keys.signHmacSha256(await keys.loadKey("imported"), new Uint8Array());
    const of = (round: number) => createHmac("sha256", imported(round)).update("").digest("hex");
    const isNext = signature.toHex() === of(done.imports);
    assert.ok(isNext || signature.toHex() === of(done.imports - 1), "the imported key");
    if (isNext) done.imports++;
  }

  if (!await exists(keys.loadKeyPair(place(done.moves)))) done.moves++;
  const handle = await keys.loadKeyPair(place(done.moves));
  assert.equal(await keys.keyPairParameter(handle, "ec-point"), point);
  assert.ok(!await exists(keys.loadKeyPair(place(done.moves + 1))), "the pair is in two places");

  for (let round = 0; round < done.deletions; round++) {
    assert.ok(!await exists(keys.loadKey(`doomed-${round}`)), `doomed-${round} is back`);
  }
  await exists(keys.loadKey(`doomed-${done.deletions}`));
}

Deno.test("a service that is killed has every key it told of, and starts again", async () => {
  const random = randomNumbers();
  await using keyd = await startKeyd();
  const done: Acknowledged = { created: 0, pairs: 0, imports: 0, moves: 0, deletions: 0 };
  let point: string;
  {
    using keys = keysClient({ socket: keyd.socket });
    const handle = await keys.createKeyPairIfNotExists(place(0), "ec-p256");
    point = await keys.keyPairParameter(handle, "ec-point");
  }
  for (let kill = 0; kill < KILLS; kill++) {
    const changes = Promise.all(CHANGES.map((change) => changeUntilGone(keyd, change, done)));
    // Told by the one that awaits it below.
    changes.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, random() * 150));
    await keyd.daemon.kill9();
    await changes;
    await keyd.start();
    using keys = keysClient({ socket: keyd.socket });
    await verify(keys, done, point);
    for await (const { name } of Deno.readDir(`${keyd.home}/keys`)) assert.match(name, /\.key$/);
  }
  console.log(JSON.stringify(done));
});
