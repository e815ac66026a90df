// SPDX-License-Identifier: MIT

import { Failure } from "../../scripts/package/failure.ts";
import { ownArchitecture } from "../../scripts/package/machine.ts";
import { testToolchain } from "../../scripts/package/test_toolchain.ts";

/**
 * The matched pair of compiler and stub that tests compile with, or `undefined` with a line that
 * says why: then the tests that need it are ignored.
 */
export async function testPair(): Promise<string | undefined> {
  if (ownArchitecture() !== "amd64") {
    console.log("compile tests are ignored: the test pair is for amd64");
    return undefined;
  }
  try {
    return await testToolchain();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    console.log(`compile tests are ignored: the test pair cannot be had: ${cause.message}`);
    return undefined;
  }
}
