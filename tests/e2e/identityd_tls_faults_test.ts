// SPDX-License-Identifier: MIT

/** A hub whose TLS is not as it should be: nothing that is asked of it matters, so one table does. */

import assert from "node:assert/strict";
import { Authority } from "../cloud/authority.ts";
import type { TlsSettings } from "../cloud/tls_settings.ts";
import { eventually, makeWorld, manualConfig, principal } from "./identityd_world.ts";

interface Row {
  tls: TlsSettings;
  /** Why there is no connection; absent: there is one. */
  told?: RegExp;
  /** A line of the log, besides. */
  log?: RegExp;
}

const distrusted = (certificate: NonNullable<TlsSettings["certificate"]>, why: RegExp): Row => ({
  tls: { certificate },
  told: why,
  // A wrong certificate must not look like an outage.
  log: /^ERR! the certificate of localhost:\d+ cannot be trusted: /,
});

const ROWS: Record<string, Row> = {
  "an expired certificate": distrusted("expired", /expired at .*check the clock first/),
  "a certificate of the future": distrusted("not-yet-valid", /is valid from .*check the clock/),
  "a certificate of another host": distrusted("wrong-name", /does not name localhost/),
  "a certificate of an unknown authority": distrusted("unknown-ca", /trust store/),
  "a certificate with a common name only": {
    tls: { certificate: "cn-only" },
    log: /^WARN the certificate of localhost:\d+ names it in the common name only/,
  },
  "TLS 1.2 only": { tls: { maxVersion: "1.2" } },
  "TLS 1.3 only": { tls: { minVersion: "1.3" } },
  "a handshake that never ends": { tls: { handshake: "hang" }, told: /timed out/ },
  "a handshake that is cut": { tls: { handshake: "close" }, told: /closed|lost/ },
  "a demand for a client certificate": {
    tls: { clientCertificate: "require", clientCa: (await Authority.create("Nobody's")).pem },
    // The hub says so and closes at once; whether its words outrun the end is the machine's affair.
    told: /demands a client certificate|cut the connection/,
  },
};

const isSilent = ([, { tls }]: [string, Row]) => tls.handshake === "hang";

Deno.test("whatever the hub's TLS is, the service starts, says why and serves what it knows", async (t) => {
  const rows = Object.entries(ROWS);
  await compare(t, rows.filter((row) => !isSilent(row)), 1);
  // Only here a time limit has to pass; elsewhere a busy machine needs its time.
  await compare(t, rows.filter(isSilent), 0.05);
});

async function compare(
  t: Deno.TestContext,
  rows: [string, Row][],
  limitScale: number,
): Promise<void> {
  const principals = principal(54_001, "telemetry", "module");
  await using world = await makeWorld({ principals, timeScale: 0.02, limitScale });
  const { ask, device, hub, identityd } = world;
  await identityd.daemon.start();
  for (const [name, { log, told, tls }] of rows) {
    await t.step(name, async () => {
      const listener = await hub.addListener(tls);
      const gateway = `local_gateway_hostname = "${listener.host}"`;
      await identityd.daemon.stop();
      await identityd.configure((home) =>
        manualConfig(hub.hostName, { principals })(home)
          .replace('source = "manual"', `source = "manual"\n${gateway}`)
      );
      world.lines();
      await identityd.daemon.start();
      const made = await ask("POST /identities/modules", {
        body: { type: "aziot", moduleId: "fresh" },
      });
      const lines = world.lines();
      if (told) {
        assert.equal(made.status, 404);
        assert.match(JSON.stringify(made.body), told);
        assert.ok(lines.some((line) => line.startsWith("WARN Network not available")));
      } else {
        assert.equal(made.status, 200, JSON.stringify(made.body));
        await ask("DELETE /identities/modules/fresh?type=aziot");
      }
      if (log) {
        await eventually(
          `${log}`,
          () => [...lines, ...world.lines()].some((line) => log.test(line)),
        );
      }
      const known = await ask("GET /identities/modules/telemetry?type=aziot");
      assert.equal(known.status, 200, JSON.stringify(known.body));
      await hub.removeListener(listener.port);
    });
  }
  assert.ok(device.modules.has("telemetry"));
}
