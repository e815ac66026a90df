// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { createLog } from "../log/log.ts";
import { type ConfigPaths, load } from "./load.ts";
import { usize } from "./settings.ts";
import { type Watch, watch } from "./watch.ts";

const SCHEMA = v.object({ max_requests: v.optional(usize(), 10) });

/** A watched configuration in a private directory, with what it logged and the value in force. */
interface Watched {
  root: string;
  watch: Watch;
  lines: string[];
  current(): number;
  /** Settles when the log has `count` lines. */
  logged(count: number): Promise<void>;
}

async function watching(
  prepare: (root: string) => Promise<void>,
  use: (watched: Watched) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  const lines: string[] = [];
  let wake = () => {};
  const log = createLog("config", undefined, {
    write: (bytes) => {
      lines.push(
        new TextDecoder().decode(bytes).replace(/^.*\] - /, "").replaceAll(root, "<DIR>").trim(),
      );
      wake();
    },
    now: () => new Date(0),
  });
  const logged = async (count: number): Promise<void> => {
    while (lines.length < count) await new Promise<void>((resolve) => wake = resolve);
  };
  await prepare(root);
  const paths: ConfigPaths = { file: `${root}/config.toml`, directory: `${root}/config.d` };
  let current = (await load(paths, SCHEMA, log)).max_requests;
  const running = watch(paths, { windowMs: 20, log }, async () => {
    current = (await load(paths, SCHEMA, log)).max_requests;
  });
  try {
    await use({ root, watch: running, lines, current: () => current, logged });
  } finally {
    await running.close();
    await Deno.remove(root, { recursive: true });
  }
}

const directory = (root: string) => Deno.mkdir(`${root}/config.d`);
const none = () => Promise.resolve();
const FINISHED = [
  "Detected change in config files. Updating config.",
  "Config update finished.",
];

/** Writes beside the target and renames, as all our tools do. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}

Deno.test("a file that appears in the directory comes into force", async () => {
  await watching(directory, async ({ root, lines, current, logged }) => {
    await replace(`${root}/config.d/50.toml`, "max_requests = 3\n");
    await logged(2);
    assert.equal(current(), 3);
    assert.deepEqual(lines, FINISHED);
  });
});

Deno.test("a main file that appears, is replaced and goes again comes into force each time", async () => {
  await watching(none, async ({ root, current, logged }) => {
    await replace(`${root}/config.toml`, "max_requests = 4\n");
    await logged(2);
    assert.equal(current(), 4);
    await replace(`${root}/config.toml`, "max_requests = 5\n");
    await logged(4);
    assert.equal(current(), 5);
    await Deno.remove(`${root}/config.toml`);
    await logged(6);
    assert.equal(current(), 10);
  });
});

Deno.test("files of a directory that is made after the start count", async () => {
  await watching(none, async ({ root, current, logged }) => {
    await directory(root);
    await logged(2);
    await replace(`${root}/config.d/1.toml`, "max_requests = 6\n");
    await logged(4);
    assert.equal(current(), 6);
  });
});

Deno.test("changes in one window are answered by one re-read", async () => {
  await watching(directory, async ({ root, lines, current, logged }) => {
    for (let count = 1; count <= 20; count++) {
      Deno.writeTextFileSync(`${root}/config.d/${count % 3}.toml`, "max_requests = 7\n");
    }
    await logged(2);
    assert.equal(current(), 7);
    assert.deepEqual(lines, FINISHED);
  });
});

Deno.test("a broken file keeps the old configuration and is named with the reason", async () => {
  await watching(directory, async ({ root, lines, current, logged }) => {
    await replace(`${root}/config.d/70.toml`, "max_requests = 8\n[x\n");
    await logged(1);
    assert.equal(current(), 10);
    assert.match(
      lines[0] ?? "",
      /^Detected config file update, but new config failed to parse\. Error: could not read config from <DIR>\/config\.d\/70\.toml: line 2, /,
    );
    await replace(`${root}/config.d/70.toml`, "max_requests = 8\n");
    await logged(3);
    assert.equal(current(), 8);
  });
});

Deno.test("a refused setting keeps the old configuration", async () => {
  await watching(directory, async ({ root, lines, current, logged }) => {
    await replace(`${root}/config.d/70.toml`, "max_requests = -8\n");
    await logged(1);
    assert.equal(current(), 10);
    assert.match(lines[0] ?? "", /Error: could not read config: invalid value: integer `-8`/);
  });
});

Deno.test("a reload that is asked for does not wait for the window", async () => {
  await watching(directory, async ({ root, watch, lines, current }) => {
    Deno.writeTextFileSync(`${root}/config.toml`, "max_requests = 9\n");
    await watch.reload();
    assert.equal(current(), 9);
    assert.deepEqual(lines.slice(0, 2), FINISHED);
  });
});

Deno.test("a change of other files is no change", async () => {
  await watching(directory, async ({ root, lines, logged }) => {
    await Deno.writeTextFile(`${root}/config.toml.default`, "x");
    await Deno.writeTextFile(`${root}/config.d/.0123456789abcdef.tmp`, "x");
    await replace(`${root}/config.d/1.toml`, "");
    await logged(2);
    assert.deepEqual(lines, FINISHED);
  });
});

Deno.test("directories that are not there are no error", async () => {
  const lines: string[] = [];
  const log = createLog("config", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes)),
    now: () => new Date(0),
  });
  const paths = {
    file: "/nonexistent/aziot/config.toml",
    directory: "/nonexistent/aziot/config.d",
  };
  await watch(paths, { windowMs: 1, log }, () => Promise.resolve()).close();
  assert.deepEqual(lines, []);
});
