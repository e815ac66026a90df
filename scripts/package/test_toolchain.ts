// SPDX-License-Identifier: MIT

/**
 * A compiler and a stub of one version for tests on machines that Deno's release host cannot be
 * reached from. The stub is taken out of a program that others compiled with it; nothing of that
 * program is executed or kept, and nothing that is built with this pair is shipped.
 */

import { sha256 } from "./checksum.ts";
import { Failure } from "./failure.ts";
import { npmPackage } from "./npm_package.ts";
import { CACHE, exists, removeTree } from "./paths.ts";
import { cutStub } from "./stub_cut.ts";

const VERSION = "2.9.4";

const COMPILER = {
  name: "@deno/linux-x64-glibc",
  version: VERSION,
  integrity:
    "sha512-Or3ItpBDUC4GKtE723T4LpWs1nKOAQ4Zt8E+tufFeEnX9k+OhYOQTnu8kXqz+8FM42JKeuegfss8pr7k0PVQTQ==",
};

const COMPILED = {
  name: "@chelonia/cli-x64-linux",
  version: "3.4.0",
  integrity:
    "sha512-ey7BqNiIOY2PkpN/UYxjpmOG1A7HmplyadP80omXTG1DVu1fbz7ro/d4gRPtHaxPRkNJTS24lDejc5/rT/3RMA==",
};
const STUB_SHA256 = "723d45cca4f68bd66652da1e0d45562b0700317c1535981035f50f078785a131";

/** A directory with `deno` and `denort`, for `scripts/build --toolchain`; amd64 only. */
export async function testToolchain(): Promise<string> {
  const directory = `${CACHE}/test-toolchain-${VERSION}`;
  if (await exists(directory)) return directory;

  const compiler = await npmPackage(COMPILER);
  const compiled = await npmPackage(COMPILED);
  const staging = `${CACHE}/.test-toolchain.${Deno.pid}`;
  await Deno.mkdir(staging, { recursive: true });
  try {
    const stub = cutStub(await Deno.readFile(`${compiled}/chel`));
    const found = await sha256(stub);
    if (found !== STUB_SHA256) {
      throw new Failure("denort", `the stub cut out has SHA-256 ${found}, not ${STUB_SHA256}`);
    }
    await Deno.writeFile(`${staging}/denort`, stub, { mode: 0o755 });
    await Deno.copyFile(`${compiler}/deno`, `${staging}/deno`);
    await Deno.chmod(`${staging}/deno`, 0o755);
    try {
      await Deno.rename(staging, directory);
    } catch (cause) {
      if (!await exists(directory)) throw cause;
    }
  } finally {
    await removeTree(staging);
    // The program that came with the stub is not ours to keep.
    await removeTree(compiled);
  }
  return directory;
}

if (import.meta.main) console.log(await testToolchain());
