// SPDX-License-Identifier: MIT

/**
 * The tool on a system of its own, with real users, owners and modes.
 */

import assert from "node:assert/strict";
import { System } from "./aziot_system.ts";

const ROOT = Deno.uid() === 0;
const CS = "HostName=h.example;DeviceId=d;SharedAccessKey=c2VjcmV0";

const generated = (service: string) => `/etc/aziot/${service}/config.d/00-super.toml`;

/** The calls of systemctl but for the question which proxies are set. */
async function changes(system: System): Promise<string[]> {
  return (await system.calls()).filter((call) => !call.startsWith("show "));
}

async function ownerAndMode(path: string): Promise<string> {
  const { uid, gid, mode } = await Deno.stat(path);
  return `${uid}:${gid} ${((mode ?? 0) & 0o7777).toString(8)}`;
}

Deno.test(
  "a new device: init writes, applies and starts everything",
  { ignore: !ROOT },
  async () => {
    await using system = await System.start();
    const { code, stdout, stderr } = await system.aziot(["init", "--connection-string", CS]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: a connection string on the command line/);
    assert.match(stdout, /configured successfully!\n\nRestarting the services(.|\n)*Done\.\n$/);

    const { files } = system;
    assert.equal(await ownerAndMode(`${files}/etc/aziot/config.toml`), "0:0 600");
    for (const [service, id] of [["keyd", 2501], ["certd", 2502], ["identityd", 2503]] as const) {
      assert.equal(await ownerAndMode(`${files}/etc/aziot/${service}`), "0:0 755");
      assert.equal(await ownerAndMode(`${files}/etc/aziot/${service}/config.d`), `${id}:${id} 700`);
      assert.equal(await ownerAndMode(`${files}${generated(service)}`), `${id}:${id} 600`);
    }
    assert.equal(await ownerAndMode(`${files}/var/secrets/aziot/keyd`), "2501:2501 700");
    const key = `${files}/var/secrets/aziot/keyd/device-id`;
    assert.equal(await ownerAndMode(key), "2501:2501 600");
    assert.equal(await Deno.readTextFile(key), "secret");
    const identityd = await Deno.readTextFile(`${files}${generated("identityd")}`);
    assert.match(identityd, /^hostname = "press-07"$/m);

    assert.deepEqual(await changes(system), [
      "enable aziot-identityd.service",
      "cat aziot-tpmd.socket",
      "stop aziot-identityd.service",
      "stop aziot-keyd.service",
      "stop aziot-certd.service",
      "start aziot-identityd.socket",
      "start aziot-keyd.socket",
      "start aziot-certd.socket",
      "start aziot-identityd.service",
    ]);

    // The user's numeric id may change, as when the package is installed anew.
    await Deno.chown(`${files}${generated("keyd")}`, 77, 77);
    const again = await system.aziot(["config", "apply", "--no-restart"]);
    assert.equal(again.code, 0, again.stderr);
    assert.equal(await ownerAndMode(`${files}${generated("keyd")}`), "2501:2501 600");
    assert.equal((await changes(system)).length, 9);
  },
);

Deno.test("who is not root can neither apply nor write to /etc", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  const apply = await system.aziot(["config", "apply"], 2505);
  assert.deepEqual(apply, {
    code: 1,
    stdout: "",
    stderr: "this command must be run as root\n",
  });
  const mp = await system.aziot(["config", "mp", "-c", CS], 2505);
  assert.deepEqual(mp, {
    code: 1,
    stdout: "",
    stderr: "could not create /etc/aziot/config.toml\n\nCaused by:\n" +
      "    Permission denied (os error 13)\n",
  });
});

Deno.test("a read-only /etc: nothing is changed or restarted", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  assert.equal((await system.aziot(["config", "mp", "-c", CS])).code, 0);
  assert.equal((await system.aziot(["config", "apply", "--no-restart"])).code, 0);
  const { files } = system;
  const before = await Deno.readTextFile(`${files}${generated("keyd")}`);
  await Deno.writeTextFile(
    `${files}/etc/aziot/config.toml`,
    '[provisioning]\nsource = "none"\n',
  );
  const remount = new Deno.Command("nsenter", {
    args: ["--target", String(system.holder.pid), "--mount", "mount", "-o", "remount,ro", "/etc"],
  });
  assert.ok((await remount.output()).success);

  const { code, stdout, stderr } = await system.aziot(["config", "apply"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `could not create ${generated("keyd")}\n\nCaused by:\n` +
      "    Read-only file system (os error 30)\n",
  );
  assert.equal(await Deno.readTextFile(`${files}${generated("keyd")}`), before);
  assert.equal(await Deno.readTextFile(`${files}/var/secrets/aziot/keyd/device-id`), "secret");
  assert.deepEqual(await changes(system), []);
});

Deno.test("no moment of an apply shows a file to others", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  const { files } = system;
  let isRunning = true;
  let looks = 0;
  const seen = new Set<string>();
  const inspect = async (): Promise<void> => {
    while (isRunning) {
      for (
        const directory of [
          "/etc/aziot/keyd/config.d",
          "/etc/aziot/certd/config.d",
          "/etc/aziot/identityd/config.d",
          "/var/secrets/aziot/keyd",
        ]
      ) {
        try {
          for (const { name } of Deno.readDirSync(`${files}${directory}`)) {
            const { mode } = Deno.lstatSync(`${files}${directory}/${name}`);
            looks++;
            if (((mode ?? 0) & 0o077) !== 0) seen.add(`${directory}/${name} ${mode?.toString(8)}`);
          }
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const inspection = inspect();
  for (const id of ["one", "two"]) {
    const cs = CS.replace("DeviceId=d", `DeviceId=${id}`);
    assert.equal((await system.aziot(["config", "mp", "--force", "-c", cs])).code, 0);
    assert.equal((await system.aziot(["config", "apply", "--no-restart"])).code, 0);
  }
  isRunning = false;
  await inspection;
  assert.ok(looks > 0);
  assert.deepEqual([...seen], []);
});

Deno.test(
  "state that belongs to a former user goes to the present one",
  { ignore: !ROOT },
  async () => {
    await using system = await System.start();
    const { files } = system;
    const state = `${files}/var/lib/aziot/keyd/keys`;
    await Deno.mkdir(state, { recursive: true });
    await Deno.writeTextFile(`${state}/a.key`, "k", { mode: 0o600 });
    for (const path of [`${files}/var/lib/aziot/keyd`, state, `${state}/a.key`]) {
      await Deno.chown(path, 777, 777);
    }
    await Deno.mkdir(`${files}/etc/aziot/keyd/config.d`, { recursive: true });
    await Deno.writeTextFile(
      `${files}/etc/aziot/keyd/config.d/50.toml`,
      '[[principal]]\nuid = 777\nkeys = ["*"]\n',
    );
    const args = ["init", "--provisioning", "none", "--no-restart"];
    const { code, stderr } = await system.aziot(args);
    assert.equal(code, 0, stderr);
    assert.equal(await ownerAndMode(`${state}/a.key`), "2501:2501 600");
    assert.match(await ownerAndMode(state), /^2501:2501 /);
    assert.match(stderr, /50\.toml: no user has the uid 777 of a \[\[principal\]\]/);
  },
);

Deno.test("a full disk leaves the old configuration, and space is all it needs", {
  ignore: !ROOT,
}, async () => {
  await using system = await System.start();
  const { files } = system;
  const directory = "/etc/aziot/identityd/config.d";
  assert.equal((await system.aziot(["init", "--provisioning", "none", "--no-restart"])).code, 0);
  const mount = new Deno.Command("nsenter", {
    args: ["--target", String(system.holder.pid), "--mount"].concat(
      ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory],
    ),
  });
  assert.ok((await mount.output()).success);
  const filler = `${files}${directory}/filler`;
  await Deno.writeFile(filler, new Uint8Array(60 * 1024));
  await Deno.writeFile(`${filler}2`, new Uint8Array(4 * 1024)).catch(() => {});
  const before = await Deno.readTextFile(`${files}${generated("keyd")}`);

  await Deno.writeTextFile(
    `${files}/etc/aziot/config.toml`,
    "[aziot_max_requests]\nkeyd = 3\ncertd = 3\nidentityd = 3\ntpmd = 3\n" +
      '[provisioning]\nsource = "none"\n',
  );
  const { code, stdout, stderr } = await system.aziot(["config", "apply"]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(
    stderr,
    `could not create ${generated("identityd")}\n\nCaused by:\n` +
      "    No space left on device (os error 28)\n",
  );
  assert.equal(await Deno.readTextFile(`${files}${generated("keyd")}`), before);
  assert.deepEqual(await changes(system), []);

  await Deno.remove(filler);
  assert.equal((await system.aziot(["config", "apply", "--no-restart"])).code, 0);
  assert.match(await Deno.readTextFile(`${files}${generated("keyd")}`), /^max_requests = 3$/m);
});

Deno.test("the journal is shown by the system's own program", { ignore: !ROOT }, async () => {
  await using system = await System.start();
  const ended = await system.aziot(["system", "logs", "--", "-n", "5"]);
  assert.deepEqual(ended, { code: 0, stdout: "", stderr: "" });
  const units = ["keyd", "certd", "identityd"].map((name) => `-u aziot-${name}.service`);
  const calls = (await system.calls()).filter((call) => call.startsWith("journalctl"));
  assert.equal(calls.length, 1);
  for (const unit of units) assert.ok(calls[0]?.includes(unit), calls[0]);
  assert.match(calls[0] ?? "", / -n 5$/);
});
