// SPDX-License-Identifier: MIT

/** Whatever callers put into ids: it neither ends a record of the journal nor begins another. */

import assert from "node:assert/strict";
import { certificatesClient } from "../../services/certd/client.ts";
import { identityClient } from "../../services/identityd/client.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { type Daemon } from "./daemon.ts";
import { startDevice } from "./device.ts";

/** What journald takes for a record's end, a level, a terminal's command. */
const HOSTILE = 'a\0<3>forged "one"\n<0>forged two\r\x1b[2J\x7f\u009bforged';

Deno.test("an id with control characters forges no record of any service's log", async () => {
  // Nobody is a principal, so each service says in its log who may not do what to which id.
  await using device = await startDevice({ uid: 12345 });
  const { keyd, certd, identityd } = device;
  await identityd.start();

  const keys = keysClient({ socket: keyd.socket });
  await refused(keys.createKeyIfNotExists(HOSTILE, "encrypt"));
  await refused(keys.createKeyIfNotExists(HOSTILE.replaceAll("\0", ""), "encrypt"));
  await refused(keys.loadKeyPair(HOSTILE));
  const certificates = certificatesClient({ socket: certd.socket });
  await refused(certificates.importCertificate(HOSTILE, ""));
  await refused(certificates.getCertificate(HOSTILE));
  const identities = identityClient({ socket: identityd.socket });
  await refused(identities.createModule(HOSTILE));
  await refused(identities.getModule(HOSTILE));

  for (const daemon of [identityd, certd, keyd]) {
    // Until it has ended its last record may be under way.
    await daemon.stop();
    assertRecords(daemon);
  }
});

/** A service that refuses is as right as one that does what it is asked. */
async function refused(request: Promise<unknown>): Promise<void> {
  await request.catch((error) => assert.equal(error.name, "RemoteError", error));
}

function assertRecords(daemon: Daemon): void {
  const lines = daemon.log().trimEnd().split("\n");
  assert.ok(lines.some((line) => line.includes("forged")), daemon.log());
  for (const line of lines) {
    assert.match(line, /^<[34677]>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[/);
    // deno-lint-ignore no-control-regex -- what must not be there
    assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f]/);
  }
}
