// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseToml } from "../../services/config/toml.ts";
import { fakeMachine } from "./fake_machine.ts";
import { aziot } from "./main.ts";

const GOOD = "HostName=h;DeviceId=d;SharedAccessKey=QUJD";

/** Runs `config mp` below a private root. */
async function below(
  use: (root: string, run: (...args: string[]) => Promise<[number, string, string]>) => Promise<
    void
  >,
  stdin = "",
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/etc/aziot`, { recursive: true });
    await use(root, async (...args) => {
      const machine = fakeMachine({ stdin });
      const code = await aziot(["config", "mp", "--root", root, ...args], machine);
      return [code, machine.stdout, machine.stderr];
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const path = (root: string) => `${root}/etc/aziot/config.toml`;

Deno.test("an existing file is kept, and --force replaces it, readable by its owner only", async () => {
  await below(async (root, run) => {
    await Deno.writeTextFile(path(root), "old", { mode: 0o644 });
    const [code, out, err] = await run("-c", GOOD);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /already exists(.|\n)*sudo aziot config apply(.|\n)*config mp --force\n\n$/);
    assert.equal(await Deno.readTextFile(path(root)), "old");

    assert.equal((await run("-c", GOOD, "--force"))[0], 0);
    const { provisioning } = parseToml(await Deno.readTextFile(path(root)));
    assert.deepEqual(
      provisioning,
      parseToml(`source = "manual"\nconnection_string = "${GOOD}"`),
    );
    assert.equal(((await Deno.stat(path(root))).mode ?? 0) & 0o7777, 0o600);
  });
});

Deno.test("a bad connection string leaves the old file, even with --force", async () => {
  await below(async (root, run) => {
    await Deno.writeTextFile(path(root), "old");
    const [code, , err] = await run("-f", "-c", "HostName=h;DeviceId=d;SharedAccessKey=secret!");
    assert.equal(code, 1);
    assert.match(err, /^invalid connection string: .*Invalid symbol 33, offset 6\.\n$/);
    assert.doesNotMatch(err, /secret/);
    assert.equal(await Deno.readTextFile(path(root)), "old");
  });
});

Deno.test("the connection string may come from a file, with its line end", async () => {
  await below(async (root, run) => {
    await Deno.writeTextFile(`${root}/cs`, `${GOOD}\n`);
    assert.equal((await run("--connection-string-file", `${root}/cs`))[0], 0);
    assert.match(await Deno.readTextFile(path(root)), /connection_string = "HostName=h;.*QUJD"\n/);
  });
});

Deno.test("the connection string may come from standard input", async () => {
  await below(async (root, run) => {
    assert.equal((await run("--connection-string-file", "-"))[0], 0);
    assert.match(await Deno.readTextFile(path(root)), /SharedAccessKey=QUJD"\n/);
  }, `${GOOD}\n`);
});

Deno.test("a missing file with the connection string is named", async () => {
  await below(async (root, run) => {
    const [code, , err] = await run("--connection-string-file", `${root}/none`);
    assert.equal(code, 1);
    assert.match(err, /^could not read .*\/none\n\nCaused by:\n {4}No such file/);
  });
});

Deno.test("a module's connection string is taken with a warning", async () => {
  await below(async (_, run) => {
    const [code, , err] = await run("-c", GOOD.replace("DeviceId", "ModuleId=m;DeviceId"));
    assert.equal(code, 0);
    assert.match(err, /^warning: this is a module connection string/);
  });
});

Deno.test("an output directory gets the file at its usual place", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const machine = fakeMachine();
    const args = ["config", "mp", "-c", GOOD, "--output-dir", directory];
    assert.equal(await aziot(args, machine), 0);
    assert.ok((await Deno.stat(path(directory))).isFile);
    assert.match(machine.stdout, /aziot config apply --output-dir '.*' --uids/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
