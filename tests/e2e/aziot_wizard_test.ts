// SPDX-License-Identifier: MIT

/** `aziot init` at a terminal of 80 columns, as tmux shows it. */

import assert from "node:assert/strict";
import { Terminal } from "./terminal.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const KEY = "c2VjcmV0IGtleSBvZiBhIGRldmljZQ==";

async function inDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await use(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The command line of `init` for an output directory. */
function init(directory: string, ...args: string[]): string[] {
  const place = ["--output-dir", directory, "--uids", "ks=1,cs=2,id=3"];
  const main = `${ROOT}cli/aziot/main.ts`;
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "--cached-only"];
  return [...deno, main, "init", ...place, ...args];
}

const read = (directory: string) => Deno.readTextFile(`${directory}/etc/aziot/config.toml`);

Deno.test("a session reads well, hides the key and writes what flags write", async () => {
  await inDirectory(async (directory) => {
    await using terminal = await Terminal.start();
    await terminal.run(init(`${directory}/typed`));
    await terminal.answer("How is it provisioned?", "2");
    await terminal.answer("Host name of the IoT Hub:", "hub.example");
    await terminal.answer("Device id:", "press-3");
    await terminal.answer("PKCS#11 token?", "2");
    await terminal.answer("Device key, in base64:", KEY);
    await terminal.answer("Host name of this device", "");
    await terminal.answer("Write it?", "y");
    await terminal.waitFor("ENDED 0");

    const screen = await terminal.screen();
    assert.ok(!screen.includes(KEY.slice(0, 8)), screen);
    assert.match(screen, /^✔ Device key, in base64: \*{32}$/m);
    const shown = screen.slice(screen.indexOf("Welcome"));
    assert.match(
      shown,
      /^Welcome\. A few questions about this device; nothing is changed before you agree\.\n\n✔ How is it provisioned\? Manual provisioning with a symmetric key\n✔ Host name of the IoT Hub: hub\.example\n✔ Device id: press-3\n✔ Does this device keep keys in a PKCS#11 token\? No\n/,
    );
    assert.match(shown, /^ {4}value = "\*\*\*"$/m);

    const flags = ["--non-interactive", "--provisioning", "manual-symmetric-key"];
    const [executable = "", ...args] = init(
      `${directory}/flags`,
      ...[...flags, "--iothub-hostname", "hub.example", "--device-id", "press-3"],
    );
    const command = new Deno.Command(executable, { args, env: { AZIOT_SYMMETRIC_KEY: KEY } });
    assert.ok((await command.output()).success);
    const [typed, flagged] = [await read(`${directory}/typed`), await read(`${directory}/flags`)];
    assert.equal(typed.replace(/^#.*/, ""), flagged.replace(/^#.*/, ""));
  });
});

Deno.test("menus, mistakes and long questions fit the terminal", async () => {
  await inDirectory(async (directory) => {
    await using terminal = await Terminal.start();
    await terminal.run(init(directory));
    await terminal.waitFor("How is it provisioned?");
    const menu = await terminal.screen();
    assert.match(menu, /^ {2}1\) Manual provisioning with a connection string$/m);
    assert.match(menu, /^ {2}7\) No IoT Hub, local identities only$/m);
    await terminal.answer("How is it provisioned?", "8");
    await terminal.waitFor('"8" isn\'t an available option');
    await terminal.press("BSpace");
    await terminal.answer("How is it provisioned?", "5");
    await terminal.answer("DPS endpoint [https://global.azure-devices-provisioning.net/]:", "");
    await terminal.answer("Id scope:", "0ne1");
    await terminal.answer("Registration id (empty: the common name of the certificate):", "r");
    await terminal.answer("PKCS#11 token?", "2");
    await terminal.answer("Where does the device certificate come from?", "4");
    await terminal.answer("Common name of the certificate [r]:", "");
    await terminal.waitFor("individual enrollment the device is locked out");
    await terminal.press("C-c");
    await terminal.waitFor("ENDED 130");
  });
});

for (const [key, prompt] of [["C-c", 0], ["C-d", 0], ["C-c", 1], ["C-d", 1], ["C-c", 2]] as const) {
  Deno.test(`${key} at prompt ${prompt} leaves no file and a sane terminal`, async () => {
    await inDirectory(async (directory) => {
      await using terminal = await Terminal.start();
      await terminal.run(init(directory));
      if (prompt > 0) await terminal.answer("How is it provisioned?", "1");
      else await terminal.waitFor("How is it provisioned?");
      if (prompt > 0) await terminal.waitFor("Connection string:");
      if (prompt > 1) await terminal.type("HostName=h;SharedAccessKey=topsecret");
      await terminal.press(key);
      await terminal.waitFor("ENDED 130");
      await terminal.waitFor("Interrupted: nothing is written.");
      const settings = await terminal.settings();
      for (const setting of ["echo", "icanon", "isig", "icrnl"]) {
        assert.match(settings, new RegExp(`(?<!-)\\b${setting}\\b`), settings);
      }
      assert.ok(!(await terminal.screen()).includes("topsecret"));
      assert.deepEqual([...Deno.readDirSync(directory)], []);
    });
  });
}
