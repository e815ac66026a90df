// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { tooLarge } from "./checks.ts";
import { runtimeCrates, runtimeNotices, thirdPartyNotices } from "./notices.ts";
import { billOfMaterials, type Materials } from "./sbom.ts";

const LIBRARY = {
  name: "@scope/sample",
  version: "1.2.3",
  integrity: `sha512-${new Uint8Array(64).toBase64()}`,
  licence: "Copyright Sample\n\nDo what is right.",
  spdx: "BSD-3-Clause",
};

const MATERIALS: Materials = {
  package: "aziot-identity-service",
  version: "2.0.0-1",
  arch: "arm64",
  variant: "shared",
  epoch: 1_780_000_000,
  libraries: [LIBRARY],
  runtime: {
    version: "2.9.6",
    sha256: "00".repeat(32),
    crates: [{ name: "v8", version: "1.0.0" }],
  },
};

Deno.test("the kept notices of the runtime are of the pinned version and name its parts", async () => {
  const text = await runtimeNotices();
  for (const part of ["V8", "ICU (in V8)", "TypeScript", "The Rust standard library"]) {
    assert.match(text, new RegExp(`^${part.replace(/[()]/g, "\\$&")}$`, "m"));
  }
  const crates = runtimeCrates(text);
  assert.ok(crates.length > 500, `${crates.length} crates`);
  assert.ok(crates.some(({ name, version }) => name === "deno" && version === "2.9.6"));
});

Deno.test("a package's notices have each library's licence and the runtime's", () => {
  const text = thirdPartyNotices([LIBRARY], "RUNTIME PARTS");
  assert.match(text, /^@scope\/sample 1\.2\.3$/m);
  assert.match(text, /^Do what is right\.$/m);
  assert.match(text, /RUNTIME PARTS$/);
});

Deno.test("the bill of materials is CycloneDX, names all materials and is the same each time", async () => {
  const text = await billOfMaterials(MATERIALS);
  assert.equal(await billOfMaterials(MATERIALS), text);
  const bom = JSON.parse(text);
  assert.equal(bom.bomFormat, "CycloneDX");
  assert.equal(bom.specVersion, "1.5");
  assert.match(
    bom.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(bom.metadata.timestamp, "2026-05-28T20:26:40.000Z");
  const [library, runtime] = bom.components;
  assert.equal(library.purl, "pkg:npm/%40scope/sample@1.2.3");
  assert.equal(library.hashes[0].content, "00".repeat(64));
  assert.deepEqual(library.licenses, [{ expression: "BSD-3-Clause" }]);
  assert.equal(runtime.components[0].purl, "pkg:cargo/v8@1.0.0");
});

Deno.test("other materials have another serial number", async () => {
  const serial = async (materials: Materials) =>
    JSON.parse(await billOfMaterials(materials)).serialNumber;
  assert.notEqual(await serial(MATERIALS), await serial({ ...MATERIALS, arch: "amd64" }));
});

Deno.test("sizes over the limits are told with both numbers; gzip's file is not measured", () => {
  const MB = 1_000_000;
  assert.deepEqual(tooLarge({ file: 33 * MB, installed: 104 * MB }, "shared", "xz"), []);
  assert.deepEqual(tooLarge({ file: 35 * MB, installed: 106 * MB }, "shared", "xz"), [
    "35.0 MB as a file, the limit is 34.0 MB",
    "106.0 MB installed, the limit is 105.0 MB",
  ]);
  assert.deepEqual(tooLarge({ file: 45 * MB, installed: 97 * MB }, "shared", "gzip"), []);
  assert.deepEqual(tooLarge({ file: 99 * MB, installed: 340 * MB }, "compile", "xz"), []);
  assert.equal(tooLarge({ file: 101 * MB, installed: 340 * MB }, "compile", "xz").length, 1);
});
