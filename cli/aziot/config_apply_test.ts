// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml } from "../../services/config/toml.ts";
import { fakeMachine } from "./fake_machine.ts";
import { generated, inTree, PASSWD } from "./fake_tree.ts";
import { aziot } from "./main.ts";

const MANUAL = `[provisioning]
source = "manual"
connection_string = "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0"
`;
const NONE = '[provisioning]\nsource = "none"\n';

Deno.test("the services get their files and only those", async () => {
  await inTree(MANUAL, async ({ run, read, names }) => {
    const { code, machine } = await run();
    assert.equal(code, 0, machine.stderr);
    assert.equal(machine.stderr, "");
    for (const service of ["keyd", "certd", "identityd"]) {
      assert.deepEqual(names(`/etc/aziot/${service}/config.d`), ["00-super.toml"]);
      assert.match(await read(generated(service)), /^# Made by `aziot config apply`.*\n# .*\n\n/);
    }
    assert.deepEqual(names("/etc/aziot"), ["certd", "config.toml", "identityd", "keyd"]);
    assert.equal(await read("/var/secrets/aziot/keyd/device-id"), "secret");
    assert.deepEqual(machine.calls, []);
  });
});

Deno.test("applying twice gives the same bytes with a new time", async () => {
  await inTree(MANUAL, async ({ run, read, root }) => {
    await run();
    const paths = [...["keyd", "certd", "identityd"].map(generated)];
    const first = await Promise.all(paths.map(read));
    for (const path of paths) await Deno.utime(`${root}${path}`, 1000, 1000);
    const { code, machine } = await run();
    assert.equal(code, 0);
    assert.deepEqual(await Promise.all(paths.map(read)), first);
    for (const path of paths) {
      assert.match(machine.stdout, new RegExp(`^unchanged: .*${path}$`, "m"));
      assert.ok(((await Deno.stat(`${root}${path}`)).mtime?.getTime() ?? 0) > 1_000_000);
    }
  });
});

Deno.test("files that the administrator added stay", async () => {
  await inTree(MANUAL, async ({ run, write, names }) => {
    await write("/etc/aziot/keyd/config.d/50-own.toml", "x = 1\n");
    await run();
    assert.deepEqual(names("/etc/aziot/keyd/config.d"), ["00-super.toml", "50-own.toml"]);
  });
});

Deno.test("the inline key goes when the device no longer uses it", async () => {
  await inTree(MANUAL, async ({ run, write, names }) => {
    await run();
    await write("/etc/aziot/config.toml", NONE);
    assert.equal((await run()).code, 0);
    assert.deepEqual(names("/var/secrets/aziot/keyd"), []);
  });
});

Deno.test("a key at the inline key's place that is not the tool's stays", async () => {
  await inTree(NONE, async ({ run, write, read }) => {
    await write("/var/secrets/aziot/keyd/device-id", "own");
    await run();
    assert.equal(await read("/var/secrets/aziot/keyd/device-id"), "own");
  });
});

for (const path of ["/etc/aziot/edged/config.toml", generated("edged")]) {
  Deno.test(`a device that runs IoT Edge (${path}) is refused unless forced`, async () => {
    await inTree(MANUAL, async ({ run, write, names }) => {
      await write(path, "");
      const { code, machine } = await run();
      assert.equal(code, 1);
      assert.match(machine.stderr, /runs IoT Edge: run `iotedge config apply` instead/);
      assert.deepEqual(names("/etc/aziot"), ["config.toml", "edged"]);
      assert.equal((await run("--force")).code, 0);
    });
  });
}

Deno.test("a missing user is named and nothing is written", async () => {
  await inTree(MANUAL, async ({ run, write, names }) => {
    await write("/etc/passwd", PASSWD.replace("aziotcs", "other"));
    const { code, machine } = await run();
    assert.equal(code, 1);
    assert.match(machine.stderr, /^could not query aziotcs user information\n\nCaused by:\n/);
    assert.deepEqual(names("/etc/aziot"), ["config.toml"]);
  });
});

Deno.test("a preview shows the documents without secrets and changes nothing", async () => {
  await inTree(MANUAL, async ({ run, write, names }) => {
    await write("/etc/passwd", PASSWD.replace("aziotid", "other"));
    const { code, machine } = await run("--dry-run");
    assert.equal(code, 0);
    for (const service of ["keyd", "certd", "identityd"]) {
      assert.match(machine.stdout, new RegExp(`^# .*${generated(service)}$`, "m"));
    }
    assert.match(machine.stdout, /device_id = "d"/);
    assert.doesNotMatch(machine.stdout, /secret\b|c2VjcmV0/);
    assert.match(machine.stderr, /warning: there is no user aziotid: its uid is shown as 0/);
    assert.deepEqual(names("/etc/aziot"), ["config.toml"]);
  });
});

Deno.test("a service's directory that cannot be made leaves all files as they were", async () => {
  await inTree(MANUAL, async ({ run, write, names }) => {
    await write("/etc/aziot/identityd/config.d", "a file");
    const { code, machine } = await run();
    assert.equal(code, 1);
    assert.match(machine.stderr, /^could not create .*\/etc\/aziot\/identityd\/config\.d\n/);
    assert.deepEqual(names("/etc/aziot"), ["config.toml", "identityd"]);
  });
});

const TPM = `[provisioning]
source = "dps"
global_endpoint = "https://dps.example"
id_scope = "0ne"
[provisioning.attestation]
method = "tpm"
registration_id = "r"
`;

Deno.test("TPM attestation without a TPM service is refused with the alternatives", async () => {
  await inTree(TPM, async ({ run, write, names }) => {
    const { code, machine } = await run();
    assert.equal(code, 1);
    assert.match(machine.stderr, /no TPM service here \(no unit aziot-tpmd\.socket\): use "x509"/);
    assert.deepEqual(names("/etc/aziot"), ["config.toml"]);

    await write("/usr/lib/systemd/system/aziot-tpmd.socket", "");
    await write("/etc/passwd", `${PASSWD}aziottpm:x:304:304::/:\n`);
    assert.equal((await run()).code, 0);
    assert.ok(names("/etc/aziot").includes("tpmd"));
  });
});

Deno.test("settings of a TPM service that nobody will read are warned about", async () => {
  await inTree(`${NONE}[tpm]\nauth_key_index = 5\n`, async ({ run, names }) => {
    const { code, machine } = await run();
    assert.equal(code, 0);
    assert.match(machine.stderr, /warning: the settings of the TPM service are not written/);
    assert.ok(!names("/etc/aziot").includes("tpmd"));
  });
  await inTree(`${NONE}[tpm]\n`, async ({ run }) => {
    assert.equal((await run()).machine.stderr, "");
  });
});

Deno.test("files that are missing or closed to their service are warned about", async () => {
  const text = `${NONE}[preloaded_keys]
missing = "file:///var/secrets/missing.key"
closed = "file:///var/secrets/closed.key"
open = "file:///var/secrets/open.key"
token = "pkcs11:token=t"
[preloaded_certs]
none = "file:///etc/none.pem"
bundle = ["a"]
`;
  await inTree(text, async ({ root, run, write }) => {
    await write("/var/secrets/closed.key", "");
    await write("/var/secrets/open.key", "k3y");
    await Deno.chmod(root, 0o755);
    await Deno.chmod(`${root}/var/secrets/closed.key`, 0o600);
    await Deno.chmod(`${root}/var/secrets/open.key`, 0o644);
    const { code, machine } = await run();
    assert.equal(code, 0);
    assert.deepEqual(machine.stderr.trim().split("\n"), [
      "warning: preloaded certificate none (/etc/none.pem): aziotcs cannot read it: it does not exist",
      "warning: preloaded key missing (/var/secrets/missing.key): aziotks cannot read it: it does not exist",
      "warning: preloaded key closed (/var/secrets/closed.key): aziotks cannot read it: its owner and mode do not let the user read it",
    ]);
  });
});

Deno.test("a certificate where its service never reads is refused", async () => {
  const text = `${NONE}[preloaded_certs]\nx = "file:///tmp/x.pem"\n`;
  await inTree(text, async ({ run }) => {
    const { code, machine } = await run();
    assert.equal(code, 1);
    assert.match(
      machine.stderr,
      /certificate x \(\/tmp\/x\.pem\): .* reads only below \/etc, .*: move/,
    );
  });
});

Deno.test("a super-config elsewhere is taken from below the root", async () => {
  await inTree("broken", async ({ run, write }) => {
    await write("/etc/aziot/other.toml", NONE);
    assert.equal((await run("-c", "/etc/aziot/other.toml")).code, 0);
    const { code, machine } = await run("-c", "/etc/none.toml");
    assert.equal(code, 1);
    assert.match(
      machine.stderr,
      /^could not read config file\n\nCaused by:\n {4}.*\/etc\/none\.toml: No/,
    );
  });
});

Deno.test("an output directory needs no users and touches nothing else", async () => {
  await inTree(TPM, async ({ root }) => {
    const machine = fakeMachine({ uid: 1000 });
    const args = ["-c", `${root}/etc/aziot/config.toml`, "--output-dir", `${root}/out`];
    const uids = ["--uids", "ks=1,cs=2,id=3,tpm=4"];
    assert.equal(await aziot(["config", "apply", ...args, ...uids], machine), 0, machine.stderr);
    assert.deepEqual(machine.calls, []);
    const keyd = parseToml(await Deno.readTextFile(`${root}/out${generated("keyd")}`));
    assert.deepEqual(
      keyd.principal,
      parseToml('[[principal]]\nuid = 3\nkeys = ["aziot_identityd_master_id"]').principal,
    );
    assert.ok((await Deno.stat(`${root}/out${generated("tpmd")}`)).isFile);

    assert.equal(await aziot(["config", "apply", ...args], machine), 2);
    assert.match(machine.stderr, /--output-dir needs --uids/);
  });
});

Deno.test("only root may change the running system", async () => {
  const machine = fakeMachine({ uid: 1000 });
  assert.equal(await aziot(["config", "apply", "-c", "/nonexistent"], machine), 1);
  assert.equal(machine.stderr, "this command must be run as root\n");
});
