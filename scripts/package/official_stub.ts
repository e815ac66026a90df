// SPDX-License-Identifier: MIT

/** The stub of `deno compile` as Deno's makers publish it. */

import pinned from "../../packaging/runtime.json" with { type: "json" };
import { sha256 } from "./checksum.ts";
import { Failure } from "./failure.ts";
import type { Architecture } from "./options.ts";
import { exists } from "./paths.ts";
import { zipEntry } from "./zip_entry.ts";

/** What to do without a stub; ends each message about one that is missing or refused. */
export const INSTEAD = "use --variant=shared, or give a genuine one with --denort=PATH";

/** Rust's name of the machine, as in the names of Deno's downloads. */
const TRIPLE: Record<Architecture, string> = {
  amd64: "x86_64-unknown-linux-gnu",
  arm64: "aarch64-unknown-linux-gnu",
};

/** SHA-256 of the archives of one version, by architecture. */
export type Pins = Partial<Record<Architecture, string>>;

/**
 * The stub of the official archive, unpacked below `scratch`: of the archive in `downloads`, where
 * Deno keeps its own, else from the release host. What is not known by its digest is not even
 * fetched. Throws a `Failure` (status `denort`) when it cannot be had or is another.
 */
export async function officialStub(
  arch: Architecture,
  version: string,
  scratch: string,
  downloads: string,
  pins: Pins = pinned.denort,
): Promise<string> {
  const file = `release/v${version}/denort-${TRIPLE[arch]}.zip`;
  const pin = pins[arch];
  if (pin === undefined) {
    throw new Failure(
      "denort",
      `no denort: packaging/runtime.json has no SHA-256 of https://dl.deno.land/${file} ` +
        `(CONTRIBUTING.md, "Releases", says how to add it); ${INSTEAD}`,
    );
  }
  const cached = `${downloads}/${file}`;
  const archive = await exists(cached)
    ? await Deno.readFile(cached)
    : await download(`https://dl.deno.land/${file}`);
  const digest = await sha256(archive);
  if (digest !== pin) {
    throw new Failure("denort", `${file} has SHA-256 ${digest}, not the pinned ${pin}; ${INSTEAD}`);
  }
  const path = `${scratch}/official-denort`;
  try {
    await Deno.writeFile(path, await zipEntry(archive, "denort"), { mode: 0o755 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("denort", `${file}: ${reason}; ${INSTEAD}`, { cause });
  }
  return path;
}

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  // A closed network may swallow packets: waiting for the head has an end, the body may take long.
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), 20_000);
  try {
    const response = await fetch(url, { signal: silence.signal });
    clearTimeout(timer);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("denort", `no denort: ${url}: ${reason}; ${INSTEAD}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}
