// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Authority } from "../../../tests/cloud/authority.ts";
import { fakeMachine } from "../fake_machine.ts";
import { inTree, type Tree } from "../fake_tree.ts";
import { aziot } from "../main.ts";

const authority = await Authority.create("test");
const day = (days: number) => new Date(Date.UTC(2026, 4, 4 + days, 10, 11, 12));
const issue = (days: number) =>
  authority.issue({ commonName: "d", use: "client", notBefore: day(-1), notAfter: day(days) });

const X509 = `[provisioning]
source = "manual"
iothub_hostname = "h"
device_id = "d"
[provisioning.authentication]
method = "x509"
identity_cert = "file:///var/secrets/d.pem"
identity_pk = "file:///var/secrets/d.key"
`;

/** Writes files that every service can read. */
async function place(tree: Tree, files: Record<string, string>): Promise<void> {
  await Deno.chmod(tree.root, 0o755);
  for (const [path, text] of Object.entries(files)) {
    await tree.write(path, text);
    await Deno.chmod(`${tree.root}${path}`, 0o644);
  }
}

async function warnings(tree: Tree): Promise<string[]> {
  const { code, machine } = await tree.run();
  assert.equal(code, 0, machine.stderr);
  return machine.stderr.split("\n").filter((line) => line !== "");
}

Deno.test("a certificate and its key draw a note of when somebody has to renew them", async () => {
  await inTree(X509, async (tree) => {
    const { cert, key } = await issue(31);
    await place(tree, { "/var/secrets/d.pem": cert, "/var/secrets/d.key": key });
    const { code, machine } = await tree.run();
    assert.deepEqual([code, machine.stderr], [0, ""]);
    assert.match(
      machine.stdout,
      /^Note: the certificate device-id \(\/var\/secrets\/d\.pem\) is not renewed automatically; expires 2026-06-04 10:11:12 UTC$/m,
    );
  });
});

Deno.test("with less than 30 days to go the note is a warning", async () => {
  await inTree(X509, async (tree) => {
    const { cert, key } = await issue(29);
    await place(tree, { "/var/secrets/d.pem": cert, "/var/secrets/d.key": key });
    assert.deepEqual(await warnings(tree), [
      "warning: the certificate device-id (/var/secrets/d.pem) is not renewed automatically; " +
      "expires 2026-06-02 10:11:12 UTC",
    ]);
  });
});

Deno.test("a certificate of another key is pointed out", async () => {
  await inTree(X509, async (tree) => {
    const [{ cert }, { key }] = [await issue(90), await issue(90)];
    await place(tree, { "/var/secrets/d.pem": cert, "/var/secrets/d.key": key });
    assert.deepEqual(await warnings(tree), [
      "warning: preloaded certificate device-id (/var/secrets/d.pem) is not for the private key " +
      "of the same id",
    ]);
  });
});

Deno.test("a key or certificate that is none is pointed out, without its content", async () => {
  await inTree(X509, async (tree) => {
    await place(tree, { "/var/secrets/d.pem": "s3cret", "/var/secrets/d.key": "s3cret" });
    assert.deepEqual(await warnings(tree), [
      "warning: preloaded key device-id (/var/secrets/d.key) cannot be used: it is no PEM file",
      "warning: the certificate device-id (/var/secrets/d.pem) cannot be used: it holds no PEM " +
      "certificate",
    ]);
    const pem = "-----BEGIN CERTIFICATE-----\ns3cret\n-----END CERTIFICATE-----\n";
    await place(tree, { "/var/secrets/d.pem": pem });
    const [, warning = ""] = await warnings(tree);
    assert.match(warning, /certificate device-id .* cannot be used: /);
    assert.doesNotMatch(warning, /s3cret/);
  });
});

Deno.test("a symmetric key in a file is its bytes", async () => {
  const text = X509.replace(
    /method[\s\S]*/,
    'method = "sas"\ndevice_id_pk = { uri = "file:///var/secrets/k" }\n',
  );
  await inTree(text, async (tree) => {
    await place(tree, { "/var/secrets/k": "any bytes" });
    assert.deepEqual(await warnings(tree), []);
    await place(tree, { "/var/secrets/k": (await issue(90)).key });
    const [warning = "", ...more] = await warnings(tree);
    assert.match(
      warning,
      /preloaded key device-id \(\/var\/secrets\/k\) cannot be used: it is a PEM/,
    );
    assert.deepEqual(more, []);
  });
});

Deno.test("nothing is said of files for another machine", async () => {
  await inTree(X509, async ({ root }) => {
    const machine = fakeMachine();
    const args = ["-c", `${root}/etc/aziot/config.toml`, "--output-dir", `${root}/out`];
    const uids = ["--uids", "ks=1,cs=2,id=3"];
    assert.equal(await aziot(["config", "apply", ...args, ...uids], machine), 0);
    assert.equal(machine.stderr, "");
  });
});
