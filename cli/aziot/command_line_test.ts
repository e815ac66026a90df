// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "./fake_machine.ts";
import { aziot } from "./main.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const machine = fakeMachine();
  const code = await aziot(args, machine);
  return { code, out: machine.stdout, err: machine.stderr };
}

for (const args of [["--help"], ["-h"], ["help"], ["--", "--help"]]) {
  Deno.test(`${args.join(" ")} explains the commands`, async () => {
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, err], [0, ""]);
    assert.match(out, /^Usage: aziot/);
    for (const name of ["init", "config", "help"]) assert.match(out, new RegExp(`^  ${name}`, "m"));
  });
}

for (const args of [["--version"], ["-V"]]) {
  Deno.test(`${args.join(" ")} tells the version`, async () => {
    const { code, out, err } = await run(...args);
    assert.match(out, /^aziot \d+\.\d+\.\d+\n$/);
    assert.deepEqual([code, err], [0, ""]);
  });
}

for (const args of [["config", "mp"], ["config", "apply"], ["init"]]) {
  Deno.test(`${args.join(" ")} --help explains the command`, async () => {
    const { code, out } = await run(...args, "--help");
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^Usage: aziot ${args.join(" ")} \\[options\\]`));
  });
}

Deno.test("help of a command below another one is its own", async () => {
  for (const args of [["help", "config", "apply"], ["config", "help", "apply"]]) {
    const { code, out } = await run(...args);
    assert.equal(code, 0);
    assert.match(out, /^Usage: aziot config apply \[options\]/);
  }
  assert.equal((await run("help", "config", "nonsense")).code, 2);
});

for (
  const [args, text] of [
    [[], /Usage: aziot/],
    [["nonsense"], /unknown command 'nonsense'/],
    [["version"], /unknown command 'version'/],
    [["--nonsense"], /unknown option '--nonsense'/],
    [["config"], /Usage: aziot config/],
    [["config", "apply", "-x"], /unknown option '-x'\n\nUsage: aziot config apply/],
    [["config", "apply", "extra"], /too many arguments/],
    [["config", "mp"], /give one of --connection-string.*\n\nUsage: aziot config mp/],
    [["config", "mp", "-c"], /argument missing/],
    [["config", "mp", "-c", "x", "--connection-string-file", "-"], /give one of/],
    [["init", "--output", "xml"], /'xml' is invalid. Allowed choices are text, json/],
  ] as const
) {
  Deno.test(`aziot ${args.join(" ")} is a usage error`, async () => {
    const { code, out, err } = await run(...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, text);
    assert.match(err, /Usage: aziot/);
  });
}

Deno.test("a mistyped option is told without the secret behind it", async () => {
  const { code, err } = await run("config", "mp", "--connection-sting=HostName=x;Shared=secret'x");
  assert.equal(code, 2);
  assert.match(err, /unknown option '--connection-sting=\*\*\*'/);
  assert.doesNotMatch(err, /secret|HostName/);
});

Deno.test("a connection string in a wrong place is told without its key", async () => {
  const { code, err } = await run("HostName=x;SharedAccessKey=secret");
  assert.equal(code, 2);
  assert.doesNotMatch(err, /secret/);
});

for (const option of [["-c=x"], ["-cx"], ["-c", "x"], ["--connection-string=x"]]) {
  Deno.test(`an option may be written as ${option.join(" ")}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      const { code, err } = await run("config", "mp", ...option, "--output-dir", directory);
      assert.equal(code, 1);
      assert.equal(err, 'invalid connection string: required parameter "HostName" is missing\n');
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
