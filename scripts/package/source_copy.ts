// SPDX-License-Identifier: MIT

import { sha256 } from "./checksum.ts";
import { ROOT } from "./paths.ts";
import { runTool } from "./run_tool.ts";

/** What packages are made of. */
const SOURCES = ["packaging", "services", "cli", "ffi", "scripts", "deno.json", "deno.lock"];

/**
 * Copies the sources that packages are made of, as they are at this moment, to the new directory
 * `target`, from which `scripts/build` then builds whatever happens to the originals. The files
 * get the time of the copy. Answers a digest of all their paths and contents.
 */
export async function copySources(target: string): Promise<string> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...SOURCES];
  const paths = (await runTool("git", ["-C", ROOT, ...list])).split("\0").filter((path) =>
    path !== "" && !path.endsWith("_test.ts")
  );
  const lines: string[] = [];
  for (const path of [...new Set(paths)].sort()) {
    let content: Uint8Array<ArrayBuffer>;
    let mode: number | null;
    try {
      content = await Deno.readFile(`${ROOT}/${path}`);
      ({ mode } = await Deno.stat(`${ROOT}/${path}`));
    } catch (cause) {
      // Removed from the work tree and not yet from the index.
      if (cause instanceof Deno.errors.NotFound) continue;
      throw cause;
    }
    const copy = `${target}/${path}`;
    await Deno.mkdir(copy.slice(0, copy.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(copy, content);
    await Deno.chmod(copy, mode ?? 0o644);
    lines.push(`${path} ${await sha256(content)}`);
  }
  // Downloads are shared: what is in there is checked by its digests.
  await Deno.mkdir(`${ROOT}/.toolchain`, { recursive: true });
  await Deno.symlink(`${ROOT}/.toolchain`, `${target}/.toolchain`);
  return await sha256(new TextEncoder().encode(lines.join("\n")));
}
