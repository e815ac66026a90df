// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { sha256 } from "./checksum.ts";
import { officialStub, type Pins } from "./official_stub.ts";
import { zipOf } from "./zip_fixture.ts";

const FILE = "release/v1.2.3/denort-x86_64-unknown-linux-gnu.zip";

/** Deno's directory of downloads with one archive in it. */
async function downloaded(archive: Uint8Array<ArrayBuffer>) {
  const path = await Deno.makeTempDir();
  await Deno.mkdir(`${path}/release/v1.2.3`, { recursive: true });
  await Deno.writeFile(`${path}/${FILE}`, archive);
  return {
    path,
    stub: (pins: Pins) => officialStub("amd64", "1.2.3", path, path, pins),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

Deno.test("the stub of the pinned archive is unpacked, ready to run", async () => {
  const archive = await zipOf("denort", "a stub", true);
  await using place = await downloaded(archive);
  const path = await place.stub({ amd64: await sha256(archive) });
  assert.equal(await Deno.readTextFile(path), "a stub");
  assert.equal((await Deno.stat(path)).mode ?? 0, 0o100755);
});

Deno.test("an archive without a pin is refused, though it is there, and where to pin it is said", async () => {
  await using place = await downloaded(await zipOf("denort", "a stub", true));
  await assert.rejects(place.stub({ arm64: "00" }), (error: Error & { status?: number }) => {
    assert.equal(error.status, 4);
    assert.match(error.message, /^no denort: packaging\/runtime\.json has no SHA-256 of /);
    assert.ok(error.message.includes(FILE), error.message);
    assert.match(error.message, /CONTRIBUTING\.md, "Releases"/);
    assert.match(error.message, /use --variant=shared, or give a genuine one with --denort=PATH$/);
    return true;
  });
});

Deno.test("an archive with another digest is refused with both", async () => {
  const archive = await zipOf("denort", "another stub", true);
  await using place = await downloaded(archive);
  const found = await sha256(archive);
  await assert.rejects(place.stub({ amd64: "00ff" }), (error: Error & { status?: number }) => {
    assert.equal(error.status, 4);
    assert.ok(error.message.includes(`has SHA-256 ${found}, not the pinned 00ff`), error.message);
    return true;
  });
});

Deno.test("a pinned archive without a stub is refused", async () => {
  const archive = await zipOf("README", "no stub", true);
  await using place = await downloaded(archive);
  await assert.rejects(place.stub({ amd64: await sha256(archive) }), /without denort/);
});
