// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml, type Table } from "../../services/config/toml.ts";
import { type FakeMachine, fakeMachine, type FakeSettings } from "./fake_machine.ts";
import { aziot } from "./main.ts";

const CS = "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0";
const UIDS = ["--uids", "ks=1,cs=2,id=3,tpm=4"];

interface Result {
  code: number;
  machine: FakeMachine;
  directory: string;
}

/** Runs `init` into a private output directory. */
async function init(
  args: readonly string[],
  use: (result: Result) => void | Promise<void>,
  settings: FakeSettings = {},
  prepare: (directory: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await prepare(directory);
    const machine = fakeMachine({ uid: 1000, ...settings });
    const all = args.map((arg) => arg.replaceAll("<DIR>", directory));
    const code = await aziot(["init", "--output-dir", directory, ...UIDS, ...all], machine);
    await use({ code, machine, directory });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const superConfig = (directory: string) => `${directory}/etc/aziot/config.toml`;

const EST = [
  "--identity-cert",
  "est",
  "--est-url",
  "https://est.example/.well-known/est/simpleenroll",
];

const KINDS: { what: string; args: string[]; settings?: FakeSettings; written: string }[] = [
  {
    what: "a connection string",
    args: ["--connection-string", CS],
    written: `[provisioning]\nsource = "manual"\nconnection_string = "${CS}"`,
  },
  {
    what: "a connection string from the environment",
    args: [],
    settings: { env: { AZIOT_CONNECTION_STRING: CS } },
    written: `[provisioning]\nsource = "manual"\nconnection_string = "${CS}"`,
  },
  {
    what: "a connection string from standard input, a host name and a parent",
    args: ["--connection-string-file", "-", "--hostname", "n", "--parent-hostname", "p"],
    settings: { stdin: `${CS}\n` },
    written: `hostname = "n"\nparent_hostname = "p"
[provisioning]\nsource = "manual"\nconnection_string = "${CS}"`,
  },
  {
    what: "a symmetric key from the environment",
    args: ["--provisioning", "manual-symmetric-key", "--iothub-hostname", "h", "--device-id", "d"],
    settings: { env: { AZIOT_SYMMETRIC_KEY: "c2VjcmV0MQ" } },
    written: `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"
[provisioning.authentication]\nmethod = "sas"\ndevice_id_pk = { value = "c2VjcmV0MQ==" }`,
  },
  {
    what: "a symmetric key in a token",
    args: [
      ...["--provisioning", "manual-symmetric-key", "--iothub-hostname", "h", "--device-id", "d"],
      ...["--symmetric-key-uri", "pkcs11:object=o;token=t"],
      ...["--pkcs11-lib", "/usr/lib/p11.so", "--pkcs11-base-slot", "pkcs11:token=my-token"],
    ],
    written: `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"
[provisioning.authentication]\nmethod = "sas"
device_id_pk = { uri = "pkcs11:token=t;object=o" }
[aziot_keys]\npkcs11_lib_path = "/usr/lib/p11.so"\npkcs11_base_slot = "pkcs11:token=my-token"`,
  },
  {
    what: "a certificate on the device",
    args: [
      ...["--provisioning", "manual-x509", "--iothub-hostname", "h", "--device-id", "d"],
      ...["--identity-cert", "/etc/a b.pem", "--identity-key", "file:///etc/k.pem"],
    ],
    written: `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"
[provisioning.authentication]\nmethod = "x509"
identity_cert = "file:///etc/a%20b.pem"\nidentity_pk = "file:///etc/k.pem"`,
  },
  {
    what: "a certificate from a local CA, named after the device",
    args: [
      ...["--provisioning", "manual-x509", "--iothub-hostname", "h", "--device-id", "d"],
      ...["--identity-cert", "local_ca", "--identity-expiry-days", "30"],
      ...["--local-ca-cert", "/etc/ca.pem", "--local-ca-key", "/etc/ca.key"],
    ],
    written: `[provisioning]\nsource = "manual"\niothub_hostname = "h"\ndevice_id = "d"
[provisioning.authentication]\nmethod = "x509"
identity_cert = { method = "local_ca", common_name = "d", expiry_days = 30 }
[cert_issuance.local_ca]\ncert = "file:///etc/ca.pem"\npk = "file:///etc/ca.key"`,
  },
  {
    what: "DPS with a symmetric key in a file",
    args: [
      ...["--provisioning", "dps-symmetric-key", "--id-scope", "0ne", "--registration-id", "r"],
      ...["--symmetric-key-file", "<DIR>/key", "--dps-payload", "/etc/p.json"],
    ],
    written: `[provisioning]\nsource = "dps"
global_endpoint = "https://global.azure-devices-provisioning.net/"\nid_scope = "0ne"
payload = { uri = "file:///etc/p.json" }
[provisioning.attestation]\nmethod = "symmetric_key"\nregistration_id = "r"
symmetric_key = { value = "c2VjcmV0" }`,
  },
  {
    what: "DPS with a certificate from EST that renews itself",
    args: [
      ...["--provisioning", "dps-x509", "--id-scope", "0ne", "--registration-id", "r", ...EST],
      ...["--dps-endpoint", "https://dps.example", "--identity-auto-renew"],
      ...["--est-identity-url", "https://est2.example/ca1", "--est-trusted-cert", "/etc/1.pem"],
      ...["--est-trusted-cert", "/etc/2.pem", "--est-username", "u"],
      ...["--est-bootstrap-cert", "/etc/b.pem", "--est-bootstrap-key", "/etc/b.key"],
    ],
    settings: { env: { AZIOT_EST_PASSWORD: "secret" } },
    written: `[provisioning]\nsource = "dps"
global_endpoint = "https://dps.example/"\nid_scope = "0ne"
[provisioning.attestation]\nmethod = "x509"\nregistration_id = "r"
[provisioning.attestation.identity_cert]\nmethod = "est"\ncommon_name = "r"
auto_renew = { rotate_key = true, threshold = "80%", retry = "4%" }
[cert_issuance.est]\ntrusted_certs = ["file:///etc/1.pem", "file:///etc/2.pem"]
[cert_issuance.est.auth]\nusername = "u"\npassword = "secret"
bootstrap_identity_cert = "file:///etc/b.pem"\nbootstrap_identity_pk = "file:///etc/b.key"
[cert_issuance.est.urls]\ndefault = "https://est.example/.well-known/est"
device-id = "https://est2.example/ca1/.well-known/est"`,
  },
  {
    what: "DPS with a self-signed certificate of a subject",
    args: [
      ...["--provisioning", "dps-x509", "--id-scope", "0ne", "--registration-id", "r"],
      ...["--identity-cert", "self_signed"],
      ...["--identity-subject", "CN=c", "--identity-subject", "O=a=b"],
    ],
    written: `[provisioning]\nsource = "dps"
global_endpoint = "https://global.azure-devices-provisioning.net/"\nid_scope = "0ne"
[provisioning.attestation]\nmethod = "x509"\nregistration_id = "r"
identity_cert = { method = "self_signed", subject = { CN = "c", O = "a=b" } }`,
  },
  {
    what: "DPS with a TPM",
    args: ["--provisioning", "dps-tpm", "--id-scope", "0ne", "--registration-id", "r"],
    written: `[provisioning]\nsource = "dps"
global_endpoint = "https://global.azure-devices-provisioning.net/"\nid_scope = "0ne"
[provisioning.attestation]\nmethod = "tpm"\nregistration_id = "r"`,
  },
  {
    what: "no IoT Hub",
    args: ["--provisioning", "none"],
    written: '[provisioning]\nsource = "none"',
  },
];

for (const { what, args, settings, written } of KINDS) {
  Deno.test(`${what}: the super-config has the answers and is applied`, async () => {
    await init(
      ["--non-interactive", ...args],
      async ({ code, machine, directory }) => {
        assert.equal(code, 0, machine.stderr);
        const text = await Deno.readTextFile(superConfig(directory));
        assert.match(text, /^# Made by `aziot init` on 2026-05-04T10:11:12\.000Z\.\n\n/);
        assert.deepEqual(parseToml(text), parseToml(written));
        assert.equal(((await Deno.stat(superConfig(directory))).mode ?? 0) & 0o7777, 0o600);
        for (const service of ["keyd", "certd", "identityd", "tpmd"]) {
          const path = `${directory}/etc/aziot/${service}/config.d/00-super.toml`;
          assert.ok((await Deno.stat(path)).isFile);
        }
        assert.doesNotMatch(machine.stdout + machine.stderr, /c2VjcmV0|secret\b/);
      },
      settings,
      (directory) => Deno.writeTextFile(`${directory}/key`, " c2VjcmV0\n"),
    );
  });
}

const X509 = ["--provisioning", "manual-x509", "--iothub-hostname", "h", "--device-id", "d"];
const SAS = [
  "--provisioning",
  "manual-symmetric-key",
  "--iothub-hostname",
  "h",
  "--device-id",
  "d",
];

const REFUSED: { args: string[]; reason: RegExp; settings?: FakeSettings }[] = [
  { args: [], reason: /missing: --provisioning KIND, one of manual-connection-string, / },
  { args: ["--provisioning", "dps"], reason: /invalid --provisioning 'dps': one of / },
  {
    args: ["--provisioning", "manual-connection-string"],
    reason: /missing for .*: --connection-string-file or --connection-string\n/,
  },
  {
    args: ["--provisioning", "manual-symmetric-key"],
    reason:
      /missing for .*: --iothub-hostname, --device-id, --symmetric-key-file or --symmetric-key-uri\n/,
  },
  {
    args: ["--provisioning", "dps-symmetric-key"],
    reason: /: --id-scope, --registration-id, --symmetric-key-file or --symmetric-key-uri\n/,
  },
  { args: ["--provisioning", "dps-tpm"], reason: /: --id-scope, --registration-id\n/ },
  { args: X509, reason: /: --identity-cert\n/ },
  { args: [...X509, "--identity-cert", "/etc/c.pem"], reason: /: --identity-key\n/ },
  {
    args: [...X509, "--identity-cert", "local_ca"],
    reason: /: --local-ca-cert, --local-ca-key\n/,
  },
  { args: [...X509, "--identity-cert", "est"], reason: /: --est-url\n/ },
  { args: [...X509, ...EST, "--est-username", "u"], reason: /: --est-password-file\n/ },
  { args: [...X509, ...EST, "--est-password-file", "-"], reason: /: --est-username\n/ },
  { args: [...X509, ...EST, "--est-identity-key", "/k"], reason: /: --est-identity-cert\n/ },
  {
    args: ["--provisioning", "dps-x509", "--id-scope", "0ne", ...EST],
    reason: /: --registration-id\n/,
  },
  {
    args: ["--provisioning", "none", "--pkcs11-lib", "/x"],
    reason: /: --pkcs11-base-slot\n/,
  },
  {
    args: ["--provisioning", "none", "--device-id", "d"],
    reason: /--device-id is not used with --provisioning none/,
  },
  {
    args: ["--provisioning", "dps-tpm", "--parent-hostname", "p"],
    reason: /--parent-hostname is not used with --provisioning dps-tpm/,
  },
  {
    args: [...X509, "--identity-auto-renew"],
    reason: /--identity-auto-renew is not used with --provisioning manual-x509/,
  },
  {
    args: [...X509, ...EST, "--identity-key", "/k"],
    reason: /--identity-key is only used with a certificate in a file/,
  },
  {
    args: [...X509, "--identity-cert", "/c", "--identity-key", "/k", "--identity-common-name", "c"],
    reason: /--identity-common-name is only used with --identity-cert est, local_ca, self_signed/,
  },
  {
    args: [...X509, "--identity-cert", "self_signed", "--est-url", "https://x"],
    reason: /--est-url is only used with --identity-cert est/,
  },
  {
    args: [
      ...[...X509, "--identity-cert", "self_signed"],
      ...["--identity-common-name", "c", "--identity-subject", "CN=c"],
    ],
    reason: /--identity-common-name and --identity-subject exclude each other/,
  },
  {
    args: ["--connection-string", CS, "--connection-string-file", "-"],
    reason: /--connection-string and --connection-string-file exclude each other/,
  },
  {
    args: [...X509, ...EST, "--est-username", "u", "--est-password-file", "-"].concat(
      "--connection-string-file",
      "-",
    ),
    reason: /--connection-string-file is not used with --provisioning manual-x509/,
  },
  {
    args: ["--connection-string", "HostName=h;SharedAccessKey=c2VjcmV0"],
    reason: /invalid --connection-string: required parameter "DeviceId" is missing/,
  },
  {
    args: [...SAS, "--symmetric-key-file", "-"],
    settings: { stdin: "c2VjcmV0!" },
    reason: /invalid --symmetric-key-file: not valid base64 \(.*\): Invalid symbol 33, offset 8/,
  },
  {
    args: [...SAS, "--symmetric-key-uri", "relative"],
    reason: /invalid --symmetric-key-uri: a path must be absolute/,
  },
  {
    args: [...X509, "--identity-cert", "c.pem", "--identity-key", "/k"],
    reason: /invalid --identity-cert: a path must be absolute/,
  },
  {
    args: [...X509, "--identity-cert", "self_signed", "--identity-expiry-days", "0"],
    reason: /invalid --identity-expiry-days: expected a number of days greater than 0/,
  },
  {
    args: [...X509, "--identity-cert", "self_signed", "--identity-subject", "CN"],
    reason: /invalid --identity-subject: expected K=V/,
  },
  {
    args: [...X509, "--identity-cert", "est", "--est-url", "ftp://x"],
    reason: /invalid --est-url: expected an http: or https: URL/,
  },
  {
    args: ["--provisioning", "dps-tpm", "--id-scope", "s", "--registration-id", "r"].concat(
      "--dps-endpoint",
      "global",
    ),
    reason: /invalid --dps-endpoint: not an absolute URL/,
  },
  {
    args: ["--provisioning", "none", "--pkcs11-lib", "/x", "--pkcs11-base-slot", "pkcs11:object=o"],
    reason: /invalid --pkcs11-base-slot: URI has neither \[slot-id\] nor \[token\] components/,
  },
];

for (const { args, reason, settings } of REFUSED) {
  Deno.test(`init ${args.join(" ")}: refused, nothing written`, async () => {
    await init(args, ({ code, machine, directory }) => {
      assert.equal(code, 2, machine.stderr);
      assert.match(machine.stderr, reason);
      assert.doesNotMatch(machine.stderr, /c2VjcmV0/);
      assert.deepEqual([...Deno.readDirSync(directory)], []);
    }, settings);
  });
}

Deno.test("an existing super-config is refused before anything else, --force keeps a copy", async () => {
  const prepare = async (directory: string) => {
    await Deno.mkdir(`${directory}/etc/aziot`, { recursive: true });
    await Deno.writeTextFile(superConfig(directory), "old", { mode: 0o644 });
  };
  await init(
    [],
    async ({ code, machine, directory }) => {
      assert.equal(code, 5);
      assert.match(machine.stderr, /already exists(.|\n)*aziot init --force/);
      assert.equal(await Deno.readTextFile(superConfig(directory)), "old");
    },
    {},
    prepare,
  );
  await init(
    ["--connection-string", CS, "--force"],
    async ({ code, directory }) => {
      assert.equal(code, 0);
      const copy = `${superConfig(directory)}.bak-20260504T101112Z`;
      assert.equal(await Deno.readTextFile(copy), "old");
      assert.equal(((await Deno.stat(copy)).mode ?? 0) & 0o7777, 0o600);
      assert.match(await Deno.readTextFile(superConfig(directory)), /aziot init/);
    },
    {},
    prepare,
  );
});

Deno.test("a preview shows the super-config without secrets and writes nothing", async () => {
  await init(["--connection-string", CS, "--dry-run"], ({ code, machine, directory }) => {
    assert.equal(code, 0);
    assert.match(
      machine.stdout,
      /^connection_string = "HostName=h;DeviceId=d;SharedAccessKey=\*\*\*"$/m,
    );
    assert.match(machine.stderr, /warning: a connection string on the command line/);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  });
});

Deno.test("without applying only the super-config is written", async () => {
  await init(["--provisioning", "none", "--no-apply"], ({ code, directory }) => {
    assert.equal(code, 0);
    const names = [...Deno.readDirSync(`${directory}/etc/aziot`)].map(({ name }) => name);
    assert.deepEqual(names, ["config.toml"]);
  });
});

Deno.test("JSON output is one object", async () => {
  const args = ["--connection-string-file", "-", "--output", "json"];
  await init(args, ({ code, machine, directory }) => {
    assert.equal(code, 0);
    const result: Table = JSON.parse(machine.stdout);
    assert.deepEqual(result, {
      status: "configured",
      config: superConfig(directory),
      applied: true,
      warnings: [],
    });
  }, { stdin: CS });
});

/** Runs `init` on a private system tree. */
async function inTree(
  args: string[],
  files: Record<string, string>,
  use: (result: Result) => void | Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    const passwd = "aziotks:x:301:301::/:\naziotcs:x:302:302::/:\naziotid:x:303:303::/:\n";
    for (
      const [path, text] of Object.entries({ "/etc/passwd": passwd, "/etc/aziot/x": "", ...files })
    ) {
      await Deno.mkdir(`${directory}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${directory}${path}`, text);
    }
    const machine = fakeMachine();
    const code = await aziot(["init", "--root", directory, ...args], machine);
    await use({ code, machine, directory });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a TPM is not offered where there is no TPM service", async () => {
  const args = ["--provisioning", "dps-tpm", "--id-scope", "s", "--registration-id", "r"];
  await inTree(args, {}, ({ code, machine }) => {
    assert.equal(code, 4);
    assert.match(machine.stderr, /--provisioning dps-tpm is not available/);
  });
});

Deno.test("a device that runs IoT Edge is left to its own tool", async () => {
  const args = ["--connection-string", CS, "--force"];
  await inTree(args, { "/etc/aziot/edged/config.toml": "" }, ({ code, machine }) => {
    assert.equal(code, 5);
    assert.match(machine.stderr, /use `iotedge init` instead/);
  });
});

Deno.test("what an older tool left for a service is warned about", async () => {
  const files = { "/etc/aziot/keyd/config.toml": "" };
  await inTree(["--provisioning", "none"], files, ({ code, machine }) => {
    assert.equal(code, 0);
    assert.match(machine.stderr, /^warning: .*\/etc\/aziot\/keyd\/config\.toml exists: .*\n$/);
  });
});

Deno.test("a file that the answers name and that is not there is an error", async () => {
  const args = [...X509, "--identity-cert", "/etc/c.pem", "--identity-key", "/etc/k.pem"];
  await inTree(args, { "/etc/c.pem": "" }, ({ code, machine }) => {
    assert.equal(code, 2);
    assert.match(machine.stderr, /there is no file \/etc\/k\.pem\n/);
  });
});

Deno.test("a super-config that cannot be applied stays, with the command to try again", async () => {
  await inTree(["--connection-string", CS], { "/etc/passwd": "" }, async (result) => {
    const { code, machine, directory } = result;
    assert.equal(code, 1);
    assert.match(
      machine.stderr,
      /is written but could not be applied; .*: sudo aziot config apply --root /,
    );
    assert.match(machine.stderr, /could not query aziotks user information/);
    assert.ok((await Deno.stat(superConfig(directory))).isFile);
  });
});

Deno.test("only root may change the running system", async () => {
  const machine = fakeMachine({ uid: 1000 });
  assert.equal(
    await aziot(["init", "--out", "/nonexistent", "--connection-string", CS], machine),
    1,
  );
  assert.equal(machine.stderr, "this command must be run as root\n");
});
