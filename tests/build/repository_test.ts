// SPDX-License-Identifier: MIT

/** `out/` is a package repository: apt installs from it by name. */

import assert from "node:assert/strict";
import { keptPackages } from "../../scripts/package/kept_packages.ts";
import { writeChecksums, writeRepository } from "../../scripts/package/repository.ts";
import { ownArchitecture } from "../../scripts/package/machine.ts";
import { type Architecture, ARCHITECTURES } from "../../scripts/package/options.ts";
import { PACKAGE, packageIn, run, succeed } from "./package_build.ts";

const EPOCH = 1_780_000_000;

/** A directory with one small package. */
async function packages(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  const tree = `${path}/.tree`;
  await Deno.mkdir(`${tree}/DEBIAN`, { recursive: true });
  await Deno.writeTextFile(
    `${tree}/DEBIAN/control`,
    `Package: aziot-sample\nVersion: 2.0.0-1\nArchitecture: ${ownArchitecture()}\n` +
      "Maintainer: Nobody <nobody@example.test>\nDescription: sample\n",
  );
  await succeed(["dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, `${path}/sample.deb`]);
  await Deno.remove(tree, { recursive: true });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** apt with lists and cache of its own and one source. */
async function apt(
  directory: string,
  source: string,
  args: string[],
  arch: Architecture = ownArchitecture(),
): Promise<string> {
  for (const part of ["state/lists/partial", "cache/archives/partial", "empty"]) {
    await Deno.mkdir(`${directory}/.apt/${part}`, { recursive: true });
  }
  await Deno.writeTextFile(`${directory}/.apt/status`, "");
  await Deno.writeTextFile(`${directory}/.apt/sources`, `${source}\n`);
  const options = [
    `Dir::State=${directory}/.apt/state`,
    `Dir::State::status=${directory}/.apt/status`,
    `Dir::Cache=${directory}/.apt/cache`,
    `Dir::Etc::sourcelist=${directory}/.apt/sources`,
    `Dir::Etc::sourceparts=${directory}/.apt/empty`,
    `Dir::Etc::trusted=${directory}/.apt/none`,
    `Dir::Etc::trustedparts=${directory}/.apt/empty`,
    "APT::Sandbox::User=root",
    `APT::Architecture=${arch}`,
    `APT::Architectures=${arch}`,
  ].flatMap((option) => ["-o", option]);
  const { code, stdout, stderr } = await run(["apt-get", ...options, ...args], {
    cwd: `${directory}/.apt`,
  });
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}

Deno.test("apt finds a package by name in an unsigned repository that is trusted", async () => {
  await using out = await packages();
  await writeRepository(out.path, EPOCH);
  const source = `deb [trusted=yes] file:${out.path} ./`;
  await apt(out.path, source, ["update"]);
  const plan = await apt(out.path, source, ["install", "--simulate", "aziot-sample"]);
  assert.match(plan, /Inst aziot-sample \(2\.0\.0-1 /);
});

Deno.test("apt takes its own machine's package from a repository of both, whole", async () => {
  const path = await Deno.makeTempDir();
  try {
    for (const arch of ARCHITECTURES) {
      const { directory } = await keptPackages({ variant: "shared", arch });
      const built = await packageIn(directory, PACKAGE);
      await Deno.copyFile(built, `${path}/${built.slice(built.lastIndexOf("/") + 1)}`);
    }
    await writeRepository(path, EPOCH);
    const release = await Deno.readTextFile(`${path}/Release`);
    assert.match(release, /^Architectures: amd64 arm64$/m);
    for (const arch of ARCHITECTURES) {
      const source = `deb [trusted=yes] file:${path} ./`;
      await apt(path, source, ["update"], arch);
      await apt(path, source, ["download", PACKAGE], arch);
      const name = `${PACKAGE}_2.0.0-1_${arch}.deb`;
      await succeed(["cmp", `${path}/.apt/${name}`, `${path}/${name}`]);
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});

Deno.test("with a key the repository is signed, and apt checks it with the key alone", async () => {
  await using out = await packages();
  const home = `${out.path}/.gnupg`;
  await Deno.mkdir(home, { mode: 0o700 });
  const gpg = ["gpg", "--homedir", home, "--batch", "--passphrase", ""];
  await succeed([...gpg, "--quick-generate-key", "maintainers@example.test", "rsa2048"]);
  await succeed([...gpg, "--output", `${out.path}/key.gpg`, "--export"]);
  const before = Deno.env.get("GNUPGHOME");
  Deno.env.set("GNUPGHOME", home);
  try {
    await writeRepository(out.path, EPOCH, "maintainers@example.test");
  } finally {
    if (before === undefined) Deno.env.delete("GNUPGHOME");
    else Deno.env.set("GNUPGHOME", before);
    await run(["gpgconf", "--homedir", home, "--kill", "all"]);
  }
  const source = `deb [signed-by=${out.path}/key.gpg] file:${out.path} ./`;
  await apt(out.path, source, ["update"]);
  await succeed([
    "gpgv",
    "--keyring",
    `${out.path}/key.gpg`,
    "--",
    `${out.path}/Release.gpg`,
    `${out.path}/Release`,
  ]);
});

Deno.test("an unsigned build takes the signature of an earlier one away", async () => {
  await using out = await packages();
  for (const name of ["InRelease", "Release.gpg"]) {
    await Deno.writeTextFile(`${out.path}/${name}`, "of another Release");
  }
  await writeRepository(out.path, EPOCH);
  const names = [...Deno.readDirSync(out.path)].map(({ name }) => name).sort();
  assert.deepEqual(names, ["Packages", "Packages.gz", "Release", "sample.deb"]);
});

Deno.test("SHA256SUMS has every file for users, and sha256sum finds them unchanged", async () => {
  await using out = await packages();
  await writeRepository(out.path, EPOCH);
  await Deno.writeTextFile(`${out.path}/.lock`, "");
  await writeChecksums(out.path);
  const sums = await Deno.readTextFile(`${out.path}/SHA256SUMS`);
  assert.deepEqual(sums.trim().split("\n").map((line) => line.slice(66)), [
    "Packages",
    "Packages.gz",
    "Release",
    "sample.deb",
  ]);
  await succeed(["sha256sum", "--check", "--quiet", "SHA256SUMS"], { cwd: out.path });
});

Deno.test("the same packages give the same repository", async () => {
  await using out = await packages();
  await writeRepository(out.path, EPOCH);
  const read = () =>
    Promise.all(
      ["Packages", "Packages.gz", "Release"].map((name) =>
        succeed(["sha256sum", `${out.path}/${name}`])
      ),
    );
  const first = await read();
  await writeRepository(out.path, EPOCH);
  assert.deepEqual(await read(), first);
});
