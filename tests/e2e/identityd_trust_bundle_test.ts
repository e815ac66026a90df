// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { certificatesClient } from "../../services/certd/client.ts";
import { Authority } from "../cloud/authority.ts";
import { daemon } from "./daemon.ts";
import { eventually, makeWorld } from "./identityd_world.ts";

/** No caller of these tests is a principal. */
const STRANGER_UID = 54_999;
const DEVICE = { body: { type: "aziot" } };

Deno.test("the trust bundle is what the Certificates Service keeps under the configured id", async () => {
  await using world = await makeWorld({
    settings: 'trust_bundle_cert = "roots"\n',
    timeScale: 0.1,
  });
  const { dir } = world.identityd;
  const home = `${dir}/var/lib/aziot/certd`;
  await Deno.mkdir(`${dir}/etc/aziot/certd/config.d`, { recursive: true });
  await Deno.mkdir(home);
  await Deno.writeTextFile(
    `${dir}/etc/aziot/certd/config.toml`,
    `homedir_path = "${home}"\n[[principal]]\nuid = ${Deno.uid()}\ncerts = ["*"]\n`,
  );
  const certd = daemon({ program: "certd", directory: dir }, {
    path: `${dir}/run/aziot/certd.sock`,
    mode: "0660",
  });
  await world.identityd.daemon.start();
  const uid = Deno.uid() === 0 ? { uid: STRANGER_UID } : {};
  const bundle = () => world.ask("GET /trust-bundle", uid);
  // Without the service nobody can say; an empty bundle would be a lie.
  assert.equal((await bundle()).status, 500);

  await certd.start();
  try {
    assert.deepEqual(await bundle(), { status: 200, body: { certificate: "" } });
    const { pem } = await Authority.create("Trusted root");
    using certificates = certificatesClient({ socket: certd.socket });
    await certificates.importCertificate("roots", pem);
    assert.deepEqual(await bundle(), { status: 200, body: { certificate: pem } });

    // Restarts at any moment cost a caller an error at most, never a wrong bundle.
    let isOver = false;
    const restarts = (async () => {
      for (let count = 0; count < 4; count++) {
        await (count % 2 === 0 ? certd.kill9() : certd.stop());
        await certd.start();
      }
    })().finally(() => isOver = true);
    restarts.catch(() => {});
    while (!isOver) {
      const { status, body } = await bundle();
      if (status !== 500) assert.deepEqual([status, body], [200, { certificate: pem }]);
      assert.equal((await world.ask("POST /identities/device", DEVICE)).status, 200);
    }
    await restarts;
    await eventually("the bundle", async () => (await bundle()).status === 200);
  } finally {
    await certd.stop();
  }
  const missing = () => world.identityd.daemon.log().match(/there is no trust bundle roots/g);
  await eventually("the warning", () => missing() !== null);
  assert.equal(missing()?.length, 1);
});
