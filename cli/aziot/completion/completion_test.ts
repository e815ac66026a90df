// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fakeMachine } from "../fake_machine.ts";
import { aziot } from "../main.ts";

async function script(shell: string): Promise<string> {
  const machine = fakeMachine();
  assert.equal(await aziot(["completion", shell], machine), 0, machine.stderr);
  return machine.stdout;
}

/** What bash offers for the last word of a line. */
async function offered(...words: string[]): Promise<string[]> {
  const line = words.map((word) => `'${word}'`).join(" ");
  const program = `${await script("bash")}
compopt() { :; }
COMP_WORDS=(aziot ${line}) COMP_CWORD=${words.length}
_aziot
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const child = new Deno.Command("bash", { args: ["--norc", "-c", program], stdin: "null" });
  const { stdout, stderr } = await child.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

for (
  const [words, expected] of [
    [["con"], ["config"]],
    [["config", ""], ["apply", "mp", "help", "-h", "--help"]],
    [["config", "apply", "--dr"], ["--dry-run"]],
    [["check", "-o", "json"], ["json", "json-stream"]],
    [["init", "--provisioning", "manual-s"], ["manual-symmetric-key"]],
    [["init", "--device-id", ""], [""]],
    [["system", "set-log-level", "w"], ["warn"]],
    [["init", "--root", "/usr/li"], (found: string[]) => found.includes("/usr/lib")],
    [["config", "apply", "-c", "/etc/passw"], (found: string[]) => found.includes("/etc/passwd")],
    [["init", "--identity-cert", "es"], ["est"]],
  ] as const
) {
  Deno.test(`bash offers what fits behind: aziot ${words.join(" ")}`, async () => {
    const found = await offered(...words);
    if (typeof expected === "function") assert.ok(expected(found), found.join(" "));
    else assert.deepEqual(found, expected);
  });
}

Deno.test("every command and option is in the scripts of all shells, hidden ones are not", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const text = await script(shell);
    for (
      const word of ["set-log-level", "warnings-as-errors", "json-stream", "est-url", "aziotctl"]
    ) {
      assert.ok(text.includes(word), `${shell}: ${word}`);
    }
    assert.doesNotMatch(text, /aziot completion/);
  }
});

Deno.test("another shell is a usage error", async () => {
  const machine = fakeMachine();
  assert.equal(await aziot(["completion", "csh"], machine), 2);
  assert.match(machine.stderr, /bash, zsh, fish/);
});
