// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine, type FakeSettings } from "../fake_machine.ts";
import { aziot } from "../main.ts";
import { ScriptedAsker } from "./scripted_asker.ts";

const CS = "HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0";
const KEY = "c2VjcmV0";

const KIND = {
  cs: "1",
  symmetric: "2",
  x509: "3",
  dpsSymmetric: "4",
  dpsX509: "5",
  tpm: "6",
  none: "7",
};
const [YES, NO] = ["1", "2"];
const AGREE = "y";

/** Runs `init` for an output directory; answers what it wrote, without the header. */
async function run(
  args: readonly string[],
  settings: FakeSettings = {},
): Promise<{ code: number; text: string | undefined; stdout: string; stderr: string }> {
  const directory = await Deno.makeTempDir();
  const machine = fakeMachine(settings);
  try {
    const place = ["--output-dir", directory, "--uids", "ks=1,cs=2,id=3"];
    const code = await aziot(["init", ...args, ...place], machine);
    const text = await Deno.readTextFile(`${directory}/etc/aziot/config.toml`).catch(() =>
      undefined
    );
    return {
      code,
      text: text?.replace(/^#.*\n\n/, ""),
      stdout: machine.stdout,
      stderr: machine.stderr,
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const DPS = ["", "0ne1", "r"];
const DPS_FLAGS = ["--id-scope", "0ne1", "--registration-id", "r"];

/** Answers and the flags that mean the same; the files are of another machine. */
const SAME: [what: string, answers: string[], flags: string[], env?: Record<string, string>][] = [
  ["a connection string", [KIND.cs, CS, NO, ""], ["--connection-string", CS]],
  [
    "a symmetric key",
    [KIND.symmetric, "hub", "d", NO, KEY, ""],
    ["--provisioning", "manual-symmetric-key", "--iothub-hostname", "hub", "--device-id", "d"],
    { AZIOT_SYMMETRIC_KEY: KEY },
  ],
  [
    "a token and another host name",
    [KIND.cs, CS, YES, "/usr/lib/p.so", "pkcs11:token=t", "press.example"],
    [
      "--connection-string",
      CS,
      "--pkcs11-lib",
      "/usr/lib/p.so",
      "--pkcs11-base-slot",
      "pkcs11:token=t",
      "--hostname",
      "press.example",
    ],
  ],
  [
    "a certificate on the file system",
    [KIND.x509, "hub", "d", NO, "1", "/etc/d.key", "/etc/d.pem", ""],
    [
      ...["--provisioning", "manual-x509", "--iothub-hostname", "hub", "--device-id", "d"],
      ...["--identity-cert", "/etc/d.pem", "--identity-key", "/etc/d.key"],
    ],
  ],
  [
    "a certificate of a local CA",
    [KIND.x509, "hub", "d", NO, "2", "/etc/ca.key", "/etc/ca.pem", "", ""],
    [
      ...["--provisioning", "manual-x509", "--iothub-hostname", "hub", "--device-id", "d"],
      ...[
        "--identity-cert",
        "local_ca",
        "--local-ca-cert",
        "/etc/ca.pem",
        "--local-ca-key",
        "/etc/ca.key",
      ],
    ],
  ],
  [
    "a certificate that signs itself",
    [KIND.x509, "hub", "d", NO, "4", "name", ""],
    [
      ...["--provisioning", "manual-x509", "--iothub-hostname", "hub", "--device-id", "d"],
      ...["--identity-cert", "self_signed", "--identity-common-name", "name"],
    ],
  ],
  [
    "DPS with a symmetric key",
    [KIND.dpsSymmetric, ...DPS, NO, KEY, ""],
    ["--provisioning", "dps-symmetric-key", ...DPS_FLAGS],
    { AZIOT_SYMMETRIC_KEY: KEY },
  ],
  [
    "DPS with a certificate and without an id",
    [KIND.dpsX509, "https://dps.example", "0ne1", "", NO, "1", "/etc/d.key", "/etc/d.pem", ""],
    [
      ...[
        "--provisioning",
        "dps-x509",
        "--dps-endpoint",
        "https://dps.example",
        "--id-scope",
        "0ne1",
      ],
      ...["--identity-cert", "/etc/d.pem", "--identity-key", "/etc/d.key"],
    ],
  ],
  [
    "DPS with a certificate from EST, everything asked",
    [
      ...[KIND.dpsX509, ...DPS, NO, "3", "https://est.example", YES, "https://est.example/id"],
      ...["2", "/etc/root.pem", YES, "user", "pass", YES, "2", "/etc/b.key", "/etc/b.pem"],
      ...["", YES, ""],
    ],
    [
      ...["--provisioning", "dps-x509", ...DPS_FLAGS, "--identity-cert", "est"],
      ...["--est-url", "https://est.example", "--est-identity-url", "https://est.example/id"],
      ...["--est-trusted-cert", "/etc/root.pem", "--est-username", "user"],
      ...["--est-bootstrap-cert", "/etc/b.pem", "--est-bootstrap-key", "/etc/b.key"],
      ...["--identity-auto-renew"],
    ],
    { AZIOT_EST_PASSWORD: "pass" },
  ],
  [
    "DPS with a certificate from EST, the least",
    [
      KIND.dpsX509,
      "",
      "0ne1",
      "",
      NO,
      "3",
      "https://est.example",
      NO,
      "1",
      NO,
      NO,
      "r",
      "",
      NO,
      "",
    ],
    [
      "--provisioning",
      "dps-x509",
      ...DPS_FLAGS,
      "--identity-cert",
      "est",
      "--est-url",
      "https://est.example",
    ],
  ],
  ["DPS with a TPM", [KIND.tpm, ...DPS, ""], ["--provisioning", "dps-tpm", ...DPS_FLAGS]],
  ["no hub", [KIND.none, ""], ["--provisioning", "none"]],
];

for (const [what, answers, flags, env = {}] of SAME) {
  Deno.test(`answers for ${what} make the file that the flags make`, async () => {
    const asker = new ScriptedAsker([...answers, AGREE]);
    const typed = await run([], { asker });
    assert.equal(typed.code, 0, typed.stderr);
    assert.equal(asker.left, 0);
    const flagged = await run([...flags, "--non-interactive"], { env });
    assert.equal(flagged.code, 0, flagged.stderr);
    assert.equal(typed.text, flagged.text);
    assert.ok(typed.text);
  });
}

Deno.test("what flags say is not asked", async () => {
  const asker = new ScriptedAsker(["d", NO, KEY, "", AGREE]);
  const args = ["--provisioning", "manual-symmetric-key", "--iothub-hostname", "hub"];
  assert.equal((await run(args, { asker })).code, 0);
  assert.deepEqual(asker.exchanges.map(({ message }) => message), [
    "Device id",
    "Does this device keep keys in a PKCS#11 token?",
    "Device key, in base64",
    "Host name of this device",
    "Write it?",
  ]);
});

Deno.test("with all answers given there is only to agree, and not even that with --yes", async () => {
  const asker = new ScriptedAsker([AGREE]);
  assert.equal((await run(["--provisioning", "none"], { asker })).code, 0);
  assert.deepEqual(asker.exchanges.map(({ message }) => message), ["Write it?"]);

  const silent = new ScriptedAsker([]);
  assert.equal((await run(["--provisioning", "none", "--yes"], { asker: silent })).code, 0);
  assert.deepEqual(silent.exchanges, []);
});

Deno.test("the configuration is shown without its secrets before it is written", async () => {
  const asker = new ScriptedAsker([KIND.cs, CS, NO, "", "n"]);
  const { code, text, stderr } = await run([], { asker });
  assert.deepEqual([code, text, stderr], [1, undefined, "not agreed: nothing is written\n"]);
  assert.match(asker.said, /connection_string = "HostName=h;DeviceId=d;SharedAccessKey=\*\*\*"/);
  assert.ok(!asker.said.includes(KEY));
});

Deno.test("bad answers are told why, however many, and asked for again", async () => {
  const asker = new ScriptedAsker([
    ...["9", "x", KIND.symmetric, "", "hub", "d", NO],
    ...["!", "c2VjcmV", "", "====", KEY, "press-07_x", AGREE],
  ]);
  const { code, text } = await run([], { asker });
  assert.equal(code, 0);
  assert.match(text ?? "", /value = "c2VjcmV0"/);
  const problems = asker.exchanges.flatMap(({ problem }) => problem ?? []);
  assert.equal(problems.length, 7);
  assert.match(problems[3] ?? "", /^not valid base64 .*Invalid symbol 33/);
  assert.ok(problems.every((problem) => !problem.includes("c2VjcmV")));
  assert.match(asker.said, /Warning: the machine calls itself press-07,/);
});

for (
  const [what, answers, problem] of [
    ["a relative path", [KIND.x509, "hub", "d", NO, "1", "etc/d.key"], /^a path must be absolute$/],
    [
      "a bad connection string",
      [KIND.cs, "HostName=h"],
      /^required parameter "DeviceId" is missing$/,
    ],
    ["a bad URL", [KIND.dpsX509, "dps.example"], /^not an absolute URL/],
    ["a slot of no token", [KIND.cs, CS, YES, "/p.so", "slot"], /^expected a pkcs11: URI$/],
    [
      "an EST server of another kind",
      [KIND.x509, "h", "d", NO, "3", "ftp://x"],
      /^expected an http/,
    ],
  ] as const
) {
  Deno.test(`${what} is found when it is typed`, async () => {
    const asker = new ScriptedAsker(answers);
    assert.equal((await run([], { asker })).code, 130);
    assert.match(asker.exchanges.at(-1)?.problem ?? "", problem);
  });
}

for (let count = 0; count < 6; count++) {
  Deno.test(`who leaves after ${count} answers leaves nothing behind`, async () => {
    const asker = new ScriptedAsker([KIND.symmetric, "hub", "d", NO, KEY, ""].slice(0, count));
    const { code, text, stdout, stderr } = await run([], { asker });
    assert.deepEqual([code, text, stdout], [130, undefined, ""]);
    assert.equal(stderr, "\nInterrupted: nothing is written.\n");
  });
}

Deno.test("a file that is not there is found when it is typed", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/aziot`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/d.key`, "");
    const answers = [KIND.x509, "hub", "d", NO, "1", "/etc/none", "/etc/d.key", "/etc/none.pem"];
    const asker = new ScriptedAsker(answers);
    assert.equal(await aziot(["init", "--root", root], fakeMachine({ asker })), 130);
    const problems = asker.exchanges.flatMap(({ problem }) => problem ?? []);
    assert.deepEqual(problems, ["there is no such file", "there is no such file"]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a TPM can only be chosen where there is a service for it", async () => {
  const root = await Deno.makeTempDir();
  try {
    const asker = new ScriptedAsker([KIND.tpm, KIND.none, "", "n"]);
    assert.equal(await aziot(["init", "--root", root], fakeMachine({ asker })), 1);
    assert.equal(asker.exchanges[1]?.problem, "There is no TPM service on this device.");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("nobody is asked with --non-interactive, or when a secret comes from standard input", async () => {
  for (
    const args of [["--non-interactive"], [
      "--connection-string-file",
      "-",
      "--provisioning",
      "none",
    ]]
  ) {
    const asker = new ScriptedAsker([KIND.none, "", AGREE]);
    assert.equal((await run(args, { asker, stdin: CS })).code, 2);
    assert.deepEqual(asker.exchanges, []);
  }
});

Deno.test("a configuration that is there is told of before anything is asked", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/aziot`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/aziot/config.toml`, "");
    const asker = new ScriptedAsker([KIND.none]);
    assert.equal(await aziot(["init", "--root", root], fakeMachine({ asker })), 5);
    assert.deepEqual(asker.exchanges, []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("with JSON output standard output has the result only", async () => {
  const asker = new ScriptedAsker([KIND.none, "", AGREE]);
  const { code, stdout } = await run(["--output", "json"], { asker });
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).status, "configured");
});
