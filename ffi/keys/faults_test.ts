// SPDX-License-Identifier: MIT

/** Keys in files under sudden ends, full and read-only disks. */

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

const PLAIN = libraryPath("").replace(/\/$/, "").replace(/-asan$/, "");
const LIBRARY = `${PLAIN}/libaziot_keys.so`;
const WORKER = `${PLAIN}/tests/keys_worker`;

/** How often the worker is killed in each operation; a longer run sets more. */
const KILLS = Number(Deno.env.get("AZIOT_KILL_MOMENTS") ?? "10");

const OPERATIONS = ["create-key", "create-key-pair", "import", "move", "delete"];

async function withHome(run: (home: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await run(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function output(command: string, args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Kills the worker so long after it has begun; resolves with the number of rounds it reported. */
async function killWorker(home: string, operation: string, milliseconds: number): Promise<number> {
  const worker = new Deno.Command(WORKER, {
    args: [LIBRARY, home, "work", operation],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of worker.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    timer ??= setTimeout(() => worker.kill("SIGKILL"), milliseconds);
  }
  const { signal } = await worker.status;
  clearTimeout(timer);
  assert.equal(signal, "SIGKILL", text);
  // One line says that it began, and the last may be cut.
  return text.split("\n").length - 2;
}

/** Numbers from 0 to 1 that a seed decides. */
function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed >>> 0;
  while (true) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

for (const operation of OPERATIONS) {
  Deno.test(`a process that is killed during ${operation} leaves every key old or new`, async () => {
    const seed = Number(Deno.env.get("AZIOT_TEST_SEED") ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed}, ${KILLS} kills`);
    const random = randomNumbers(seed);
    for (let kill = 0; kill < KILLS; kill++) {
      await withHome(async (home) => {
        const done = await killWorker(home, operation, random.next().value * 40);
        const { code, stdout, stderr } = await output(WORKER, [
          LIBRARY,
          home,
          "verify",
          operation,
          String(done),
        ]);
        assert.equal(code, 0, `kill ${kill} after ${done} rounds: ${stdout}${stderr}`);
      });
    }
  });
}

Deno.test("on a full disk old keys work, new ones are refused, and nothing is left over", async () => {
  await withHome(async (home) => {
    const mount = 'mount -t tmpfs -o size=64k none "$1" && exec "$2" "$3" "$1"';
    // Mounting takes root; a namespace of the user's own makes one.
    const namespace = Deno.uid() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
    const { code, stdout, stderr } = await output("unshare", [
      ...namespace,
      ...["sh", "-c", mount, "sh", home, `${PLAIN}/tests/keys_full_disk`, LIBRARY],
    ]);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stderr, /import key: key "k" in .*\.key: .*no space left on the device/);
    assert.match(stderr, /create key: key "other" in .*\.key: .*no space left on the device/);
  });
});

Deno.test("on a read-only disk keys can be used but not changed", async () => {
  await withHome(async (home) => {
    assert.equal((await output(WORKER, [LIBRARY, home, "once", "import"])).code, 0);
    const mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"';
    const namespace = Deno.uid() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
    const run = (...mode: string[]) =>
      output("unshare", [
        ...namespace,
        ...["sh", "-c", mount, "sh", home, WORKER, LIBRARY, home, ...mode],
      ]);
    const { code, stderr } = await run("once", "import");
    assert.equal(code, 1);
    assert.match(stderr, /import key: key "imported" in .*: cannot write the key file: Read-only/);
    for (const operation of ["create-key", "create-key-pair"]) {
      const { code, stderr } = await run("once", operation);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /create key( pair)?: key ".*" in .*: cannot write the key file: Read-only/,
      );
    }
    const { code: useCode, stdout } = await run("use");
    assert.equal(useCode, 0, stdout);
  });
});

/** The system calls that change something on the disk, of one round after the store was made. */
async function changesOf(home: string, operation: string): Promise<string[]> {
  const calls = "openat,pwrite64,write,fsync,fdatasync,sync_file_range,ftruncate,fchmod,fchown," +
    "renameat,renameat2,rename,link,linkat,unlink,unlinkat,mkdir,getppid";
  const { code, stderr } = await output("strace", [
    ...["-f", "-y", "-e", `trace=${calls}`, WORKER, LIBRARY, home, "once", operation],
  ]);
  assert.equal(code, 0, stderr);
  const lines = stderr.split("\n");
  return lines.slice(lines.findIndex((line) => line.startsWith("getppid"))).filter((line) =>
    !/ = -1 E/.test(line) && !/^(write\(2|getppid|\+\+\+)/.test(line) && line.includes("(") &&
    (!line.startsWith("openat") || /O_WRONLY|O_RDWR|O_CREAT/.test(line))
  );
}

const WRITE = ["openat", "pwrite64", "fsync", "rename", "fsync"];

const CHAINS = new Map([
  ["create-key", WRITE],
  ["create-key-pair", WRITE],
  ["import", WRITE],
  ["move", ["rename", "fsync"]],
  ["delete", ["unlink", "fsync", ...WRITE]],
]);

for (const [operation, chain] of CHAINS) {
  Deno.test(`what ${operation} changes is made durable once, and nothing else is touched`, async () => {
    await withHome(async (home) => {
      // The directory of the keys is made durable when it is made; here it is there.
      await output(WORKER, [LIBRARY, home, "use"]);
      const changes = await changesOf(home, operation);
      const names = changes.map((line) => line.slice(0, line.indexOf("(")).replace(/at2?$/, ""));
      assert.deepEqual(names, chain.map((name) => name.replace(/at$/, "")), changes.join("\n"));
      for (const line of changes) assert.ok(line.includes(`${home}/keys`), line);
      const isSynced = (line: string | undefined, what: RegExp) =>
        assert.match(line ?? "", new RegExp(`^fsync\\(\\d+<${home}/keys${what.source}>\\)`));
      if (chain === WRITE) {
        assert.match(changes[0] ?? "", /O_WRONLY\|O_CREAT\|O_EXCL\|O_NOFOLLOW\|O_CLOEXEC, 0600/);
        isSynced(changes[2], /\/\.aziot-keys-[0-9a-f]{16}\.tmp/);
      }
      isSynced(changes.at(-1), /()/);
    });
  });
}

Deno.test("the directory of the keys is made durable before the first key", async () => {
  await withHome(async (home) => {
    const changes = await changesOf(home, "create-key");
    assert.match(changes[0] ?? "", /^mkdir\(".*\/keys", 0700\)/);
    assert.match(changes[1] ?? "", new RegExp(`^fsync\\(\\d+<${home}>\\)`));
    assert.match(changes[2] ?? "", /^openat\(.*O_CREAT/);
  });
});
