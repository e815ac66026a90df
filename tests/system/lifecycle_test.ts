// SPDX-License-Identifier: MIT

/** Upgrades, removal, purge, reinstallation, and packages that cannot live beside ours. */

import assert from "node:assert/strict";
import { CloudBeside } from "./cloud_beside.ts";
import { ask, machineWithPackage, machineWithRepository, provision } from "./device_machine.ts";
import type { Machine } from "./machine.ts";
import { dummyPackage, identityPackage, nextVersion } from "./packages.ts";

const IDENTITY = ask("identityd", "/identities/identity?api-version=2022-08-01");
const FINGERPRINT =
  "cd / && find var/lib/aziot/keyd var/secrets/aziot -type f -exec sha256sum {} + | sort";

Deno.test("upgrade, remove, reinstall and purge keep what they must and nothing else", async (t) => {
  await using machine = await machineWithPackage("lifecycle");
  await using cloud = await CloudBeside.start(machine);
  await provision(machine, cloud, "press-07");
  const keys = await machine.sh(FINGERPRINT);
  assert.notEqual(keys, "");

  await t.step("an upgrade restarts the running daemons and keeps keys and edits", async () => {
    await machine.sh("echo '# mine' >>/etc/aziot/config.toml.template");
    const before = await pid(machine, "aziot-identityd");
    const next = await nextVersion(await identityPackage(), `${machine.root}/debs`);
    await machine.sh(
      `dpkg --force-confold -i /debs/${next.path.slice(next.path.lastIndexOf("/") + 1)} 2>&1`,
    );
    assert.equal(
      await machine.sh("dpkg-query -W -f='${Version}' aziot-identity-service"),
      next.version,
    );
    await machine.eventually(`${IDENTITY} | grep -q press-07`, 30);
    assert.notEqual(await pid(machine, "aziot-identityd"), before);
    assert.equal(await machine.sh(FINGERPRINT), keys);
    await machine.sh("grep -q '^# mine' /etc/aziot/config.toml.template");
  });

  await t.step("remove stops everything and keeps keys, configuration and users", async () => {
    await machine.sh("apt-get -y remove aziot-identity-service 2>&1");
    assert.equal(await machine.sh("ls /run/aziot/*.sock 2>/dev/null || true"), "");
    assert.equal(await machine.sh("pgrep -u aziotks,aziotid || true"), "");
    assert.equal(await machine.sh(FINGERPRINT), keys);
    await machine.sh("test -f /etc/aziot/config.toml && getent passwd aziotks");
  });

  await t.step("a reinstallation takes up where it stopped", async () => {
    await machine.sh("apt-get -y install --no-install-recommends aziot-identity-service 2>&1");
    await machine.eventually(`${IDENTITY} | grep -q press-07`, 60);
    assert.equal(await machine.sh(FINGERPRINT), keys);
  });

  await t.step("purge leaves nothing of ours, also the second time", async () => {
    await machine.sh("apt-get -y purge aziot-identity-service 2>&1");
    const left = await machine.sh(
      `find / -xdev \\( -path /proc -o -path /sys -o -path /debs -o -path /var/lib/apt \
         -o -path /var/log -o -path /var/cache/apt -o -path /etc/apt -o -path '/tmp/*' \\) -prune \
         -o -name '*aziot*' -print`,
    );
    assert.equal(left, "");
    assert.equal(await machine.sh("getent passwd aziotks aziotcs aziotid || true"), "");
    await machine.sh("dpkg --purge aziot-identity-service 2>&1");
  });
});

Deno.test("an IoT Edge 1.1 device keeps its packages unless the user decides", async () => {
  await using machine = await machineWithRepository("conflicts");
  const directory = `${machine.root}/old`;
  await Deno.mkdir(directory);
  await dummyPackage(directory, { name: "libiothsm-std", version: "1.1.15-1" });
  await dummyPackage(
    directory,
    { name: "iotedge", version: "1.1.15-1", fields: { Depends: "libiothsm-std" } },
    { "/etc/iotedge/config.yaml": "provisioning: {}\n", "/var/lib/iotedge/state": "old\n" },
  );
  await machine.sh("dpkg -i /old/*.deb 2>&1");
  const refused = await machine.run(["sh", "-c", "dpkg -i /debs/aziot-identity-service_*.deb"]);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /conflict/);
  await machine.sh("dpkg -s iotedge | grep -q '^Status: install ok installed'");

  const planned = await machine.sh(
    "apt-get -qq update; apt-get -s install --no-install-recommends aziot-identity-service",
  );
  assert.match(planned, /Remv iotedge/);
  await machine.sh("test -f /etc/iotedge/config.yaml && test -f /var/lib/iotedge/state");
});

async function pid(machine: Machine, unit: string): Promise<string> {
  return (await machine.sh(`systemctl show -p MainPID --value ${unit}.service`)).trim();
}
