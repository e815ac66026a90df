// SPDX-License-Identifier: MIT

/** Which socket the Keys Service serves on. */

import assert from "node:assert/strict";
import { commandLine } from "../../scripts/run.ts";
import { type Keyd, prepareKeyd } from "./keyd_daemon.ts";
import { exchange, rawRequest } from "./raw_http.ts";

/** A service that binds a path of its own, if it binds one. */
async function prepare(): Promise<Keyd & { own: string }> {
  const keyd = await prepareKeyd({
    config: (dir) =>
      `[aziot_keys]\nhomedir_path = "${dir}/var/lib/aziot/keyd"\n` +
      `[endpoints]\naziot_keyd = "unix://${dir}/run/aziot/own.sock"\n`,
  });
  return { ...keyd, own: `${keyd.dir}/run/aziot/own.sock` };
}

interface Started {
  log(): string;
  end: Promise<number>;
  stop(): Promise<number>;
}

/**
 * Starts the service with so many sockets passed, the first one being `keyd.socket`. `env` are
 * arguments of env(1) between the passing and the service.
 */
function start(keyd: Keyd, sockets: number, env: string[] = []): Started {
  const activate = Array.from(
    { length: sockets },
    (_, index) => `name${index}=${keyd.socket}${index === 0 ? "" : index}:0660`,
  );
  const line = commandLine({ program: "keyd", directory: keyd.dir, activate });
  const args = line.args.map((arg) => arg === "/usr/bin/env" ? [arg, ...env] : arg).flat();
  return run(line.executable, sockets > 0 ? args : [...env, ...line.args], line.env);
}

function run(executable: string, args: string[], env: Record<string, string>): Started {
  const child = new Deno.Command(executable, {
    args,
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let log = "";
  const reading = (async () => {
    for await (const chunk of child.stderr) log += new TextDecoder().decode(chunk);
  })();
  const end = child.status.then(async ({ code }) => {
    await reading;
    return code;
  });
  return {
    log: () => log,
    end,
    stop() {
      child.kill("SIGTERM");
      return end;
    },
  };
}

async function ready(service: Started): Promise<void> {
  let hasEnded = false;
  service.end.then(() => hasEnded = true);
  while (!service.log().includes("Starting server...")) {
    assert.ok(!hasEnded, service.log());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function serves(socket: string): Promise<boolean> {
  const request = rawRequest("GET", "/key/none?api-version=2021-05-01");
  return (await exchange(socket, request)).status < 500;
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("one passed socket is served whatever its name, and nothing else is bound", async () => {
  await using keyd = await prepare();
  const service = start(keyd, 1);
  await ready(service);
  assert.ok(await serves(keyd.socket));
  assert.ok(!await exists(keyd.own));
  assert.equal(await service.stop(), 0);
  assert.ok(await exists(keyd.socket), "the socket belongs to its unit");
});

Deno.test("what is not passed to this service for sure does not count", async (t) => {
  const rows: [what: string, sockets: number, env: string[]][] = [
    ["two sockets with names", 2, []],
    ["two sockets without names", 2, ["-u", "LISTEN_FDNAMES"]],
    ["LISTEN_PID of another process", 1, ["LISTEN_PID=1"]],
    ["no LISTEN_PID", 1, ["-u", "LISTEN_PID"]],
    ["LISTEN_FDS 0", 1, ["LISTEN_FDS=0"]],
    ["LISTEN_FDS negative", 1, ["LISTEN_FDS=-1"]],
    ["nothing at all", 0, []],
  ];
  for (const [what, sockets, env] of rows) {
    await t.step(what, async () => {
      await using keyd = await prepare();
      const service = start(keyd, sockets, env);
      await ready(service);
      assert.ok(await serves(keyd.own));
      assert.equal(((await Deno.stat(keyd.own)).mode ?? 0) & 0o777, 0o660);
      assert.equal(await service.stop(), 0);
    });
  }
});

Deno.test("variables that are no numbers keep the service from starting", async (t) => {
  for (const name of ["LISTEN_PID", "LISTEN_FDS"]) {
    await t.step(name, async () => {
      await using keyd = await prepare();
      const service = start(keyd, 1, [`${name}=x`]);
      assert.equal(await service.end, 1);
      const expected = `caused by: could not read ${name} env var: invalid digit found in string\n`;
      assert.ok(service.log().includes(expected), service.log());
    });
  }
});

Deno.test("a passed descriptor that is no listening unix socket is a failure", async (t) => {
  for (const [what, redirect] of [["closed", "3<&-"], ["a file", "3</dev/null"]]) {
    await t.step(`${what}`, async () => {
      await using keyd = await prepare();
      const { executable, args, env } = commandLine({ program: "keyd", directory: keyd.dir });
      const script = `export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" ${redirect}`;
      const service = run("/bin/sh", ["-c", script, "sh", executable, ...args], env);
      assert.equal(await service.end, 1);
      assert.match(service.log(), /descriptor 3/);
      assert.ok(!await exists(keyd.own));
    });
  }
});

Deno.test("without the serve adapter the service does not start and says what is missing", async () => {
  await using keyd = await prepare();
  const { executable, args, env } = commandLine({
    program: "keyd",
    directory: keyd.dir,
    activate: [`keyd.socket=${keyd.socket}:0660`],
  });
  const service = run(executable, args.filter((arg) => !arg.startsWith("LD_PRELOAD=")), env);
  assert.equal(await service.end, 1);
  assert.match(service.log(), /LD_PRELOAD of aziot-keyd\.service/);
});

Deno.test("a packaged service serves only what its socket unit passes", async () => {
  await using keyd = await prepare();
  const { executable, args, env } = commandLine({ program: "keyd", directory: keyd.dir });
  const packaged = args.map((arg) => arg.replace("[fdac:5d5d::]", "[fdac:5d5d::]:3"));
  const service = run(executable, packaged, env);
  assert.equal(await service.end, 1);
  assert.match(service.log(), /aziot-keyd\.socket/);
  assert.ok(!await exists(keyd.own));
});

Deno.test("a stale socket at the path is replaced, nothing else is", async (t) => {
  await t.step("stale socket", async () => {
    await using keyd = await prepare();
    const stale = start(keyd, 0);
    await ready(stale);
    await stale.stop();
    assert.ok(await exists(keyd.own), "a socket that was bound here stays as well");
    const service = start(keyd, 0);
    await ready(service);
    assert.ok(await serves(keyd.own));
    await service.stop();
  });
  for (const what of ["file", "directory"]) {
    await t.step(what, async () => {
      await using keyd = await prepare();
      if (what === "file") await Deno.writeTextFile(keyd.own, "precious");
      else await Deno.mkdir(`${keyd.own}/precious`, { recursive: true });
      const service = start(keyd, 0);
      assert.equal(await service.end, 1);
      assert.ok(service.log().includes(`could not listen on ${keyd.own}`), service.log());
      assert.ok(await exists(what === "file" ? keyd.own : `${keyd.own}/precious`));
    });
  }
});
