// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { pathInTree } from "./tree_path.ts";

const LINKS: Record<string, string> = {
  "/var/run": "/run",
  "/etc/aziot": "../data/./etc//aziot/",
  "/data/up": "../../../../..",
  "/etc/config.toml": "/data/config.toml",
  "/etc/there": "nowhere",
  "/a": "b",
  "/b": "/a",
};

const ROWS: [string, string, string?][] = [
  ["/etc/plain/file", "/etc/plain/file"],
  ["", ""],
  ["/", ""],
  ["//etc///./plain/", "/etc/plain"],
  ["/var/run/aziot/apply.lock", "/run/aziot/apply.lock"],
  ["/etc/aziot/keyd/config.d", "/data/etc/aziot/keyd/config.d"],
  ["/data/up/etc/passwd", "/etc/passwd"],
  ["/../../etc/passwd", "/etc/passwd"],
  ["/etc/config.toml", "/data/config.toml", "/etc/config.toml"],
  ["/etc/there", "/etc/nowhere", "/etc/there"],
  ["/etc/there/x", "/etc/nowhere/x"],
  ["/var/run", "/run", "/var/run"],
];

async function withLinks(use: (base: string) => void): Promise<void> {
  const base = await Deno.makeTempDir();
  try {
    for (const [path, target] of Object.entries(LINKS)) {
      await Deno.mkdir(`${base}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      await Deno.symlink(target, `${base}${path}`);
    }
    use(base);
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

for (const [path, followed, kept = followed] of ROWS) {
  Deno.test(`'${path}' of a tree leads to '${followed}', its own name to '${kept}'`, async () => {
    await withLinks((base) => {
      assert.equal(pathInTree(base, path, "followed"), base + followed);
      assert.equal(pathInTree(base, path, "kept"), base + kept);
    });
  });
}

Deno.test("links in a circle are refused by the path that they are on", async () => {
  await withLinks((base) => {
    const message = `the links on the way to ${base}/a/x never end`;
    assert.throws(() => pathInTree(base, "/a/x", "kept"), { message });
  });
});
