// SPDX-License-Identifier: MIT

/** The Certificates Service on disks that are full or read-only, and killed while it writes. */

import assert from "node:assert/strict";
import { bundle } from "../../scripts/bundle.ts";
import { type CertificatesClient, certificatesClient } from "../../services/certd/client.ts";
import { ConnectionError } from "../../services/http/unix_client.ts";
import { type Certd, logged, prepareCertd, run } from "./certd_daemon.ts";
import { vector } from "./keyd_replay.ts";
import { randomNumbers } from "./random_numbers.ts";

const isRoot = Deno.uid() === 0;

const LEAF = await Deno.readTextFile(vector("certd-storage", "leaf.cert.pem"));
const OTHER = await Deno.readTextFile(vector("certd-storage", "leaf2.cert.pem"));

/** Principals for everything: the tests run as any user. */
const ALLOWED = `[[principal]]\nuid = ${Deno.uid()}\ncerts = ["*"]\n`;

const names = (directory: string) =>
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

/** How often the service is killed, at another moment each time; AZIOT_SEED repeats a run. */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? "10");

Deno.test("killed while it writes, the service has the old certificate or the new", async () => {
  const random = randomNumbers();
  await using certd = await prepareCertd({
    config: (dir) =>
      `${ALLOWED}[preloaded_certs]\nplaced = "file://${dir}/var/secrets/aziot/placed.pem"\n`,
  });
  // Larger than a page, so that a torn write would show.
  const texts = [LEAF, OTHER].map((pem) => pem + "text around it\n".repeat(20_000));
  for (let round = 0; round < KILLS; round++) {
    const what = `round ${round}`;
    const id = round % 2 === 0 ? "stored" : "placed";
    await certd.daemon.start();
    using certificates = certificatesClient({ socket: certd.socket });
    const before = await read(certificates, id);
    const writing = writeUntilKilled(certificates, id, texts);
    // What it fails with is thrown where it is waited for.
    writing.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    await certd.daemon.kill9();
    const last = await writing;

    await certd.daemon.start();
    const after = await read(certificates, id);
    // The one that was answered last, or the one that was under way.
    const possible = last === undefined ? [before, texts[0]] : [texts[last], texts[1 - last]];
    assert.ok(possible.includes(after), `${what}: ${after?.length} characters`);
    await certificates.importCertificate(id, LEAF);
    assert.equal(await read(certificates, id), LEAF, what);
    assert.equal(names(`${certd.home}/certs`).length, 1, what);
    await certd.daemon.stop();
  }
});

/** Writes one text after the other; answers the index of the last that was confirmed. */
async function writeUntilKilled(
  certificates: CertificatesClient,
  id: string,
  texts: string[],
): Promise<number | undefined> {
  let last: number | undefined;
  for (let index = 0;; index = 1 - index) {
    try {
      await certificates.importCertificate(id, texts[index] ?? "");
      last = index;
    } catch (error) {
      if (error instanceof ConnectionError) return last;
      throw error;
    }
  }
}

async function read(certificates: CertificatesClient, id: string): Promise<string | undefined> {
  try {
    return await certificates.getCertificate(id);
  } catch (error) {
    if (error instanceof Error && error.message.endsWith("not found")) return undefined;
    throw error;
  }
}

Deno.test("on a full disk writes fail, reads go on, and room is all that is needed", {
  ignore: !isRoot,
}, async () => {
  await using certd = await prepareCertd();
  await onDisk(certd, "size=64k", async () => {
    await certd.daemon.start();
    using certificates = certificatesClient({ socket: certd.socket });
    await certificates.importCertificate("pump", LEAF);
    const large = LEAF + "x".repeat(100_000);
    for (const id of ["pump", "other"]) {
      await assert.rejects(certificates.importCertificate(id, large), /internal error/);
      await logged(certd, new RegExp(`could not write .*/${id}-\\w+\\.cer: .*no space left`));
    }
    assert.equal(await certificates.getCertificate("pump"), LEAF);
    assert.equal(names(`${certd.home}/certs`).length, 1);

    await Deno.writeFile(`${certd.home}/filler`, new Uint8Array(40_000));
    await assert.rejects(certificates.importCertificate("pump", OTHER + "x".repeat(20_000)));
    assert.equal(await certificates.getCertificate("pump"), LEAF);
    await Deno.remove(`${certd.home}/filler`);
    await certificates.importCertificate("pump", OTHER);
    assert.equal(await certificates.getCertificate("pump"), OTHER);
  });
});

Deno.test("on a read-only disk the service starts and reads", { ignore: !isRoot }, async () => {
  await using certd = await prepareCertd({
    config: (dir) => `[preloaded_certs]\nplaced = "file://${dir}/var/secrets/aziot/placed.pem"\n`,
  });
  await Deno.writeTextFile(`${certd.dir}/var/secrets/aziot/placed.pem`, LEAF);
  await onDisk(certd, "size=64k", async () => {
    {
      await certd.daemon.start();
      using certificates = certificatesClient({ socket: certd.socket });
      await certificates.importCertificate("pump", LEAF);
      await certd.daemon.stop();
    }
    await run("mount", "-o", "remount,ro", certd.home);
    await certd.daemon.start();
    using certificates = certificatesClient({ socket: certd.socket });
    assert.equal(await certificates.getCertificate("pump"), LEAF);
    await assert.rejects(certificates.importCertificate("pump", OTHER), /internal error/);
    await assert.rejects(certificates.deleteCertificate("pump"), /internal error/);
    await logged(certd, /could not write .*\/pump-\w+\.cer: .*Read-only file system/);
    await logged(certd, /could not remove .*\/pump-\w+\.cer: .*Read-only file system/);
    assert.equal(await certificates.getCertificate("pump"), LEAF);
    await certificates.importCertificate("placed", OTHER);
    assert.equal(await certificates.getCertificate("placed"), OTHER);
  });
});

/** With the home directory on a disk of its own. */
async function onDisk(certd: Certd, options: string, use: () => Promise<void>): Promise<void> {
  await run("mount", "-t", "tmpfs", "-o", options, "tmpfs", certd.home);
  try {
    await use();
  } finally {
    await certd.daemon.stop();
    await run("umount", certd.home);
  }
}

Deno.test("a user's file in a directory of the user's is rewritten in place", {
  ignore: !isRoot,
}, async () => {
  const SERVICE = 53_007;
  await using certd = await prepareCertd({
    config: (dir) =>
      `[preloaded_certs]
open = "file://${dir}/var/secrets/aziot/open.pem"
closed = "file://${dir}/var/secrets/aziot/closed.pem"
missing = "file://${dir}/var/secrets/aziot/missing.pem"
secret = "file://${dir}/var/secrets/aziot/secret.pem"
`,
    runAs: { uid: SERVICE, bundle: await bundle("certd") },
  });
  const directory = `${certd.dir}/var/secrets/aziot`;
  for (const [name, uid, mode] of [["open", SERVICE, 0o640], ["closed", 0, 0o644]] as const) {
    await Deno.writeTextFile(`${directory}/${name}.pem`, LEAF);
    await Deno.chown(`${directory}/${name}.pem`, uid, 0);
    await Deno.chmod(`${directory}/${name}.pem`, mode);
  }
  await Deno.writeTextFile(`${directory}/secret.pem`, LEAF);
  await Deno.chmod(`${directory}/secret.pem`, 0o600);
  await Deno.chown(directory, 0, 0);
  await certd.daemon.start();
  using certificates = certificatesClient({ socket: certd.socket });

  const { ino } = await Deno.stat(`${directory}/open.pem`);
  await certificates.importCertificate("open", OTHER);
  const after = await Deno.stat(`${directory}/open.pem`);
  assert.deepEqual(
    [after.ino, after.uid, after.gid, (after.mode ?? 0) & 0o777],
    [ino, SERVICE, 0, 0o640],
  );
  assert.equal(await Deno.readTextFile(`${directory}/open.pem`), OTHER);

  for (const id of ["closed", "missing"]) {
    await assert.rejects(certificates.importCertificate(id, OTHER), /internal error/);
    await assert.rejects(
      id === "missing" ? certificates.getCertificate(id) : certificates.deleteCertificate(id),
    );
    await logged(certd, new RegExp(`could not write .*/${id}\\.pem: .*Permission denied`));
  }
  assert.equal(await certificates.getCertificate("closed"), LEAF);
  await assert.rejects(certificates.getCertificate("secret"), /internal error/);
  await logged(certd, /could not read .*\/secret\.pem: .*Permission denied/);
  assert.deepEqual(names(directory), ["closed.pem", "open.pem", "secret.pem"]);
  // In its own directory it has all rights.
  await certificates.importCertificate("pump", LEAF);
  assert.equal((await Deno.stat(`${certd.home}/certs`)).uid, SERVICE);
});

Deno.test("where the sandbox forbids changes of owner, files are still replaced in one step", async () => {
  await using certd = await prepareCertd({
    config: (dir) =>
      `${ALLOWED}[preloaded_certs]\nplaced = "file://${dir}/var/secrets/aziot/placed.pem"\n`,
    wrapper: [
      ...["strace", "-D", "-f", "-qq", "-o", "/dev/null", "--trace=chown,fchown,lchown,fchownat"],
      "--inject=chown,fchown,lchown,fchownat:error=EPERM",
    ],
  });
  const path = `${certd.dir}/var/secrets/aziot/placed.pem`;
  await certd.daemon.start();
  using certificates = certificatesClient({ socket: certd.socket });
  await certificates.importCertificate("placed", LEAF);
  const { ino } = await Deno.stat(path);
  await certificates.importCertificate("placed", OTHER);
  assert.notEqual((await Deno.stat(path)).ino, ino);
  assert.equal(await Deno.readTextFile(path), OTHER);
});

Deno.test("unfinished files of the last run are gone after the start", async () => {
  await using certd = await prepareCertd({
    config: (dir) => `[preloaded_certs]\nx = "file://${dir}/var/secrets/aziot/x.pem"\n`,
    home: vector("certd-storage", "home"),
  });
  const count = names(`${certd.home}/certs`).length;
  const leftover = ".0123456789abcdef.tmp";
  const secrets = `${certd.dir}/var/secrets/aziot`;
  for (const directory of [`${certd.home}/certs`, secrets]) {
    await Deno.writeTextFile(`${directory}/${leftover}`, "half a");
    const before = new Date(Date.now() - 120_000);
    await Deno.utime(`${directory}/${leftover}`, before, before);
  }
  await certd.daemon.start();
  assert.equal(names(`${certd.home}/certs`).length, count);
  assert.deepEqual(names(secrets), []);
});
