// SPDX-License-Identifier: MIT

/** A user's story on a booted device, from `apt install` to a device that works offline. */

import assert from "node:assert/strict";
import { CloudBeside, HUB_HOST } from "./cloud_beside.ts";
import { ask, machineWithPackage, provision } from "./device_machine.ts";

const V = "api-version=2022-08-01";
const K = "api-version=2021-05-01";
const WHO_AM_I = ask("identityd", `/identities/identity?${V}`);
const PUMP = ask("identityd", `/identities/modules/pump?${V}&type=aziot`);

/** A SAS token made by a program that has only its own rights, sent to the hub. */
const SEND_MESSAGE = `
identity=$(${WHO_AM_I})
field() { printf '%s' "$identity" | sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }
r=$(printf '%s/devices/%s/modules/%s' "$(field hubName)" "$(field deviceId)" "$(field moduleId)" |
  sed 's|/|%2F|g')
e=$(($(date +%s) + 600))
m=$(printf '%s\\n%s' "$r" "$e" | base64 -w0)
s=$(curl -sS --unix-socket /run/aziot/keyd.sock -H 'content-type: application/json' \
  'http://localhost/sign?${K}' \
  -d "{\\"keyHandle\\":\\"$(field keyHandle)\\",\\"algorithm\\":\\"HMAC-SHA256\\",\\"parameters\\":{\\"message\\":\\"$m\\"}}" |
  sed 's/.*"signature":"\\([^"]*\\)".*/\\1/; s|+|%2B|g; s|/|%2F|g; s|=|%3D|g')
curl -sS -o /dev/null -w '%{http_code}' -X POST -d hello \
  -H "Authorization: SharedAccessSignature sr=$r&sig=$s&se=$e" \
  "https://$(field hubName)/devices/$(field deviceId)/modules/$(field moduleId)/messages/events?api-version=2020-03-13"
`;

Deno.test("a device is installed, configured, used, rebooted offline and looked after", async (t) => {
  await using machine = await machineWithPackage("story");
  await using cloud = await CloudBeside.start(machine);

  await t.step("aziot init provisions it", async () => {
    await provision(machine, cloud, "press-07");
    assert.match(await machine.sh(WHO_AM_I), new RegExp(`"hubName":"${HUB_HOST}".*"press-07"`));
    const owner = await machine.sh(
      "stat -c '%U %a' /etc/aziot/identityd/config.d/00-super.toml /var/secrets/aziot/keyd/device-id",
    );
    assert.equal(owner, "aziotid 600\naziotks 600\n");
    assert.equal(
      (await machine.sh("systemctl is-enabled aziot-identityd.service")).trim(),
      "enabled",
    );
  });

  await t.step("a module identity is made", async () => {
    const body = '{"type":"aziot","moduleId":"pump"}';
    assert.match(
      await machine.sh(ask("identityd", `/identities/modules?${V}`, body)),
      /"moduleId":"pump"/,
    );
  });

  await t.step(
    "a principal's own program gets its identity and the hub takes its token",
    async () => {
      await machine.sh(`useradd --system --groups aziotid,aziotks telemetry
      uid=$(id -u telemetry)
      printf '[[principal]]\\nuid = %s\\nname = "telemetry"\\nidtype = ["module"]\\n' "$uid" \
        >/etc/aziot/identityd/config.d/telemetry.toml
      chown aziotid:aziotid /etc/aziot/identityd/config.d/telemetry.toml
      chmod 600 /etc/aziot/identityd/config.d/telemetry.toml
      aziot system restart`);
      await machine.eventually(`${WHO_AM_I} | grep -q press-07`, 30);
      assert.equal(await machine.sh(SEND_MESSAGE, { user: "telemetry" }), "204");
    },
  );

  await t.step("who is in no group cannot connect, who is no principal is refused", async () => {
    await machine.sh("useradd --system stranger; useradd --system --groups aziotid guest");
    const stranger = await machine.run(["sh", "-c", WHO_AM_I], { user: "stranger" });
    assert.equal(stranger.code, 7);
    assert.match(await machine.sh(WHO_AM_I, { user: "guest" }), /authorization error/);
  });

  await t.step("a killed daemon comes back and its callers with it", async () => {
    for (const service of ["keyd", "identityd"]) {
      await machine.sh(`systemctl kill --kill-whom=main -s KILL aziot-${service}.service`);
      await machine.eventually(`${PUMP} | grep -q keyHandle`, 30);
    }
  });

  await t.step("the log level is changed for all units", async () => {
    await machine.sh("aziot system set-log-level error && aziot system restart");
    await machine.eventually(`${PUMP} | grep -q keyHandle`, 30);
    for (const service of ["keyd", "identityd"]) {
      const lines = await machine.sh(
        `id=$(systemctl show -p InvocationID --value aziot-${service}.service)
         journalctl -o cat _SYSTEMD_INVOCATION_ID="$id" | grep -c INFO || true`,
      );
      assert.equal(lines.trim(), "0", service);
    }
    await machine.sh("aziot system set-log-level info && aziot system restart");
    await machine.eventually(`${PUMP} | grep -q keyHandle`, 30);
  });

  await t.step("nothing runs as another user or leaves caches behind", async () => {
    const users = await machine.sh(
      "ps -o user:32=,comm= -C deno,aziot-keyd,aziot-identityd || true",
    );
    assert.match(users, /aziotks/);
    assert.match(users, /aziotid/);
    assert.equal(await machine.sh("find /var/lib/aziot -name .cache"), "");
  });

  await t.step("idle daemons keep to their budget", async () => {
    const text = await machine.sh(`for s in keyd identityd certd; do
        p=$(systemctl show -p MainPID --value aziot-$s); [ "$p" = 0 ] && continue
        awk -v s=$s '/^Rss/{r=$2} /^Pss:/{p=$2} END {print s, r, p}' /proc/$p/smaps_rollup
      done`);
    console.log(`RSS and PSS in kB:\n${text}`);
    const pss = [...text.matchAll(/ (\d+)$/gm)].reduce((sum, [, kb]) => sum + Number(kb), 0);
    assert.ok(pss > 0 && pss <= 170 * 1024, text);
  });

  await t.step("a reboot without network serves from the backup", async () => {
    await cloud.stop();
    await machine.reboot();
    await machine.eventually(`${PUMP} | grep -q keyHandle`, 60);
    assert.match(await machine.sh(WHO_AM_I), /press-07/);
  });
});
