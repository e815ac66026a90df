// SPDX-License-Identifier: MIT

/** Every command that `task demo --keep` prints, pasted into a shell. */

import assert from "node:assert/strict";
import { shellSetup, topics } from "../../scripts/demo_playground.ts";
import { startCloud } from "../cloud/cloud.ts";
import { startDevice } from "./device.ts";

const HUB = "demo";
const DEVICE = "press-07";

/** What each command prints, topic by topic; the one that asks is left out. */
const PRINTED: RegExp[][] = [
  [
    /"deviceId":"press-07"/,
    /"identities":\[/,
    /"moduleId":"valve"/,
    /"moduleId":"valve"/,
    /^\s*$/,
    /^\{"source":"manual","auth":"sas"\}\s*$/,
    /^\{"certificate":""\}\s*$/,
    /^\{"message":"not found"\}\s*$/,
  ],
  [/^$/, /^\{"signature":"/, /^$/, /^$/, /^$/, /^\{"plaintext":"aGVsbG8="\}\s*$/, /"keyHandle":"/],
  [/^$/, /BEGIN CERTIFICATE/, /BEGIN CERTIFICATE/, /^\s*$/],
  [
    / check\(s\) succeeded\.\n\n$/,
    /# Changes:\n(#.*: unchanged\n)+$/,
    /^Successfully reprovisioned/,
    /^\[provisioning\]\nsource = "none"\n$/,
  ],
  [
    /"listening":false/,
    /"moduleId":"pump"/,
    /"listening":true/,
    /^\{"id":/,
    /"identities":\[/,
    /"connectionString":/,
    /^Failed to reprovision: Hub client error\ncaused by: .*disabled\nSee `aziot check`/,
    /"connectionString":/,
    /"offsetSeconds":90000/,
    /^\{"message":"Hub client error/,
    /"offsetSeconds":0/,
    /"path":"\/devices\/press-07\/modules\/late"/,
    /^\s*$/,
  ],
  [
    /"hostName":"localhost:/,
    /"deviceId":"press-07"/,
    /^$/,
    /configured successfully!\n$/,
    /^$/,
    /^(Successfully|Failed to) reprovision/,
    /"deviceId":"press-07"/,
  ],
];

/** Runs the lines of a script in one shell and answers what each has printed. */
async function paste(dir: string, commands: readonly string[]): Promise<string[]> {
  const script = [
    `. '${dir}/try.sh'`,
    "exec 2>&1",
    ...commands.map((command) => `${command}\nprintf '\\036'`),
  ].join("\n");
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", script],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).split("\x1e").slice(0, -1);
}

Deno.test("every command that a demo prints does what it is there for", async () => {
  const dir = await Deno.makeTempDir({ prefix: "aziot-demo-" });
  try {
    await using cloud = await startCloud({ dir: `${dir}/cloud`, hub: HUB });
    const hub = cloud.hubs.get(HUB);
    assert.ok(hub);
    const { connectionString } = hub.addDevice(DEVICE);
    await using device = await startDevice({
      dir,
      hub: { connectionString, caPath: cloud.caPath },
    });
    const { pid } = device.identityd;
    const playground = {
      dir,
      control: cloud.control,
      hub: HUB,
      device: DEVICE,
      identityd: pid,
      uid: Deno.uid() ?? 0,
    };
    await Deno.writeTextFile(`${dir}/try.sh`, shellSetup(playground));
    await paste(dir, [`identityd /identities/modules -d '{"type":"aziot","moduleId":"pump"}'`]);

    const all = topics(playground);
    assert.equal(all.length, PRINTED.length);
    for (const [index, { title, commands }] of all.entries()) {
      const pasted = commands.filter((command) => !command.includes("# asks"));
      const expected = PRINTED[index] ?? [];
      const printed = await paste(dir, pasted);
      assert.equal(printed.length, expected.length, `${title}:\n${printed.join("\n")}`);
      for (const [at, text] of printed.entries()) {
        assert.match(text, expected[at] ?? /^$/, `${title}: ${pasted[at]}`);
      }
    }

    const second = cloud.hubs.get("second")?.hostName ?? "no second hub";
    const again = all.at(-1)?.commands.slice(-2) ?? [];
    const deadline = Date.now() + 120_000;
    for (;;) {
      const [, answer = ""] = await paste(dir, again);
      if (answer.includes(`"hubName":"${second}"`)) return;
      assert.ok(Date.now() < deadline, `never at the second hub: ${answer}`);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
