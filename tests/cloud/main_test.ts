// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { httpsRequest } from "./https_request.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));

function command(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--cached-only", "--no-check", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function withDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("the program prints one JSON line, serves, and ends cleanly on SIGTERM", async () => {
  await withDir(async (dir) => {
    const child = command("--", "--dir", dir, "--hub", "plant", "--name", "plant.example").spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let line = "";
      while (!line.includes("\n")) {
        const { value, done } = await reader.read();
        assert.ok(!done, "ended before it was ready");
        line += value;
      }
      const ready = JSON.parse(line);
      const { port } = ready.hubs.plant;
      assert.deepEqual(ready, {
        caPath: `${await Deno.realPath(dir)}/ca.pem`,
        control: ready.control,
        hubs: { plant: { hostName: `plant.example:${port}`, port } },
      });
      const made = await fetch(`${ready.control}/hubs/plant/devices/d`, { method: "PUT" });
      assert.match(
        (await made.json()).connectionString,
        /^HostName=plant\.example:\d+;DeviceId=d;/,
      );
      const ca = await Deno.readTextFile(ready.caPath);
      assert.equal((await httpsRequest({ port, ca, target: "/" })).status, 400);
    } finally {
      child.kill("SIGTERM");
      const { code, signal } = await child.status;
      assert.deepEqual({ code, signal }, { code: 0, signal: null });
      assert.equal((await reader.read()).done, true);
      assert.equal(await new Response(child.stderr).text(), "");
    }
  });
});

Deno.test("a wrong command line is answered with the usage and exit code 2", async () => {
  const rows: [args: string[], message: RegExp][] = [
    [[], /--dir is missing/],
    [["--dir"], /--dir/],
    [["--dir", "x", "--prot", "1"], /--prot/],
    [["--dir", "x", "extra"], /extra/],
    [["--dir", "x", "--port", "70000"], /--port must be a port number/],
    [["--dir", "x", "--control-port", "a"], /--control-port must be a port number/],
  ];
  for (const [args, message] of rows) {
    const { code, stdout, stderr } = await command(...args).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 2, text);
    assert.match(text, message);
    assert.match(text, /usage: task cloud/);
    assert.equal(stdout.length, 0);
  }
});

Deno.test("a cloud that cannot start says why in one line, with exit code 1", async () => {
  await withDir(async (dir) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(taken.addr.port);
    const rows: [args: string[], message: RegExp][] = [
      [["--dir", dir, "--port", port], /the cloud could not start: .*(EADDRINUSE|in use)/],
      [["--dir", dir, "--control-port", port], /the cloud could not start: .*in use/],
      [["--dir", dir, "--hub", "a b"], /the cloud could not start: "a b" is not a hub id/],
      [["--dir", "/dev/null/x"], /the cloud could not start: .*\/dev\/null\/x/],
    ];
    for (const [args, message] of rows) {
      const { code, stderr } = await command(...args).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 1, text);
      assert.match(text, message);
      assert.equal(text.trim().split("\n").length, 1, text);
    }
  });
});
