// SPDX-License-Identifier: MIT

/** What ends a build before it has made anything: one clear message and a status for scripts. */

import assert from "node:assert/strict";
import { OutDirectory } from "../../scripts/package/out_directory.ts";
import { ownArchitecture } from "../../scripts/package/machine.ts";
import { copySources } from "../../scripts/package/source_copy.ts";
import { type Ended, ROOT, run, temporaryDirectory } from "./package_build.ts";

const directory = temporaryDirectory();
const BUILD = `${ROOT}/scripts/build`;
const FOREIGN = ownArchitecture() === "amd64" ? "arm64" : "amd64";

/** A command in a network of its own, which leads nowhere. */
const CLOSED_NETWORK = Deno.uid() === 0
  ? ["unshare", "--net"]
  : ["unshare", "--net", "--map-root-user"];

Deno.test("a wrong option ends with status 2 and the usage", async () => {
  const { code, stdout, stderr } = await run([BUILD, "--variant=static"]);
  assert.equal(code, 2);
  assert.match(stderr, /--variant is compile or shared, not static\nusage: /);
  assert.equal(stdout, "");
});

Deno.test("--help prints the usage and ends with status 0", async () => {
  const { code, stdout } = await run([BUILD, "--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^usage: scripts\/build/);
});

Deno.test("a runtime of another machine or none at all ends with status 3", async () => {
  const out = `--out=${directory}/runtime`;
  const text = `${directory}/text`;
  await Deno.writeTextFile(text, "not a program");
  for (
    const [args, complaint] of [
      [[`--deno=${text}`], /is no Deno binary: no ELF file/],
      [[`--deno=${directory}/absent`], /is no Deno binary: /],
      [[`--deno=${Deno.execPath()}`, `--arch=${FOREIGN}`], new RegExp(`not for ${FOREIGN}`)],
    ] as const
  ) {
    const { code, stderr } = await run([BUILD, "--variant=shared", out, ...args]);
    assert.equal(code, 3, stderr);
    assert.match(stderr, complaint);
  }
});

Deno.test("a build while another one writes to the same directory ends with status 5", async () => {
  const out = `${directory}/taken`;
  using taken = await OutDirectory.take(out);
  const { code, stderr } = await run([BUILD, "--variant=shared", `--out=${out}`]);
  assert.equal(code, 5);
  assert.match(stderr, /another build is writing to .*taken: wait for it or give --out=DIR/);
  assert.ok(taken.path.endsWith("/taken"));
});

Deno.test("the full runtime, a text and a foreign machine's program are no stubs", async () => {
  const text = `${directory}/stub-text`;
  await Deno.writeTextFile(text, "not a program");
  for (
    const [args, complaint] of [
      [[`--denort=${text}`], /no ELF file/],
      [[`--denort=${Deno.execPath()}`], /no stub of deno compile/],
      [[`--denort=${Deno.execPath()}`, `--arch=${FOREIGN}`], /a stub for .*, not for/],
    ] as const
  ) {
    const out = `--out=${directory}/stub`;
    const { code, stderr } = await run([BUILD, "--variant=compile", out, ...args]);
    assert.equal(code, 4, stderr);
    assert.match(stderr, complaint);
    assert.match(stderr, /use --variant=shared/);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
});

Deno.test("a stub that is given and refused is not replaced by the shared variant", async () => {
  const args = [`--denort=${Deno.execPath()}`, `--out=${directory}/given`];
  const { code, stderr } = await run([BUILD, ...args]);
  assert.equal(code, 4, stderr);
});

Deno.test("without a stub --variant=compile ends with status 4 and one message", async () => {
  const args = ["--variant=compile", `--out=${directory}/closed`];
  const { code, stdout, stderr } = await run([...CLOSED_NETWORK, BUILD, ...args], {
    env: { DENORT_BIN: "" },
  });
  assert.equal(code, 4, stdout + stderr);
  assert.match(stderr, /^no denort: .*; use --variant=shared, or give a genuine one/);
});

Deno.test("without a stub and a choice the shared variant is built, and that is said", async () => {
  const out = `${directory}/fallback`;
  const args = ["--only=bin", `--out=${out}`];
  const { code, stdout, stderr } = await run([...CLOSED_NETWORK, BUILD, ...args]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^building the shared variant: no denort: /);
  const launcher = `${out}/shared-${ownArchitecture()}/programs/usr/libexec/aziot/aziot-keyd`;
  assert.match(await Deno.readTextFile(launcher), /^#!\/bin\/sh\n/);
});

Deno.test("a mistake in a type ends the build with status 5, though bundling would not mind", async () => {
  const { code, stderr } = await buildChanged("type", 'const count: number = "none";');
  assert.equal(code, 5, stderr);
  assert.match(stderr, /Type 'string' is not assignable to type 'number'/);
});

Deno.test("an import of a computed name ends the build with status 5 and is shown", async () => {
  const { code, stderr } = await buildChanged("import", "await import(`file://${Deno.args[0]}`);");
  assert.equal(code, 5, stderr);
  assert.match(stderr, /^aziot-keyd loads by computed names:\nawait import\(`file:/);
});

/** Builds with a line added to the first program. */
async function buildChanged(name: string, line: string): Promise<Ended> {
  const root = `${directory}/changed-${name}`;
  await copySources(root);
  await Deno.writeTextFile(`${root}/services/keyd/main.ts`, `\n${line}\n`, { append: true });
  const args = ["--variant=shared", "--only=bin", `--out=${root}/out`];
  return await run([`${root}/scripts/build`, ...args]);
}

Deno.test("a build that is killed leaves no package behind, whole or in part", async () => {
  const out = `${directory}/killed`;
  // In a session of its own, so that all its tools can be killed with it.
  const child = new Deno.Command("setsid", {
    args: [BUILD, "--variant=shared", "--only=deb", "--compression=gzip", `--out=${out}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // As soon as dpkg begins to write the package.
  const work = `${out}/shared-${ownArchitecture()}`;
  while (!names(work).some((name) => name.endsWith(".deb"))) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await run(["kill", "-KILL", "--", `-${child.pid}`]);
  await child.status;
  assert.deepEqual(names(out).filter((name) => name.endsWith(".deb")), []);
  // Its lock has gone with it.
  using taken = await OutDirectory.take(out);
  assert.ok(taken.path);
});

function names(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}
