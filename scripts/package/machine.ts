// SPDX-License-Identifier: MIT

import type { Architecture } from "./options.ts";

/** Debian's triplet of an architecture, as in library paths and compilers' names. */
export const MULTIARCH: Record<Architecture, string> = {
  amd64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
};

/** The kind of machine this is. */
export function ownArchitecture(): Architecture {
  return Deno.build.arch === "aarch64" ? "arm64" : "amd64";
}
