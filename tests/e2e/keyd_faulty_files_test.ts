// SPDX-License-Identifier: MIT

/**
 * Key files that somebody has spoilt under the running Keys Service, and disks that take nothing:
 * the record says which key and which file, other keys go on working, nothing is written over, and
 * what was repaired works at the next call.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type KeyHandle, type KeysClient, keysClient } from "../../services/keyd/client.ts";
import { run } from "./certd_daemon.ts";
import { type Keyd, prepareKeyd, startKeyd } from "./keyd_daemon.ts";

/** Where the key of an id is. */
function keyFile(keyd: Keyd, id: string): string {
  const hash = createHash("sha256").update(id).digest("hex");
  return `${keyd.home}/keys/${id.replaceAll(/[^0-9A-Za-z]/g, "")}-${hash}.key`;
}

/** Longer than a step of the clock of the file system: a key that was read is remembered. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 60));

const IV = new Uint8Array(12);
const NOTHING = new Uint8Array();

/** What can be done with a key, by its kind. */
const OPERATIONS = {
  key: {
    load: (keys: KeysClient, id: string) => keys.loadKey(id),
    create: (keys: KeysClient, id: string) => keys.createKeyIfNotExists(id, "encrypt"),
    use: (keys: KeysClient, _: string, handle: KeyHandle) =>
      keys.encryptAead(handle, IV, NOTHING, NOTHING),
  },
  pair: {
    load: (keys: KeysClient, id: string) => keys.loadKeyPair(id),
    create: (keys: KeysClient, id: string) => keys.createKeyPairIfNotExists(id, "ec-p256"),
    use: (keys: KeysClient, _: string, handle: KeyHandle) =>
      keys.signEcdsa(handle, new Uint8Array(32)),
  },
} as const;

interface Fault {
  what: string;
  kind: keyof typeof OPERATIONS;
  spoil(path: string): Promise<unknown>;
  /** What of the three operations fails; the others work, for nothing tells them that they should not. */
  fails: readonly ("load" | "create" | "use")[];
  reason: RegExp;
}

const ALL = ["load", "create", "use"] as const;

const FAULTS: readonly Fault[] = [
  ...(["key", "pair"] as const).flatMap((kind): Fault[] => [
    {
      what: `a directory in place of a ${kind}`,
      kind,
      spoil: (path) => Deno.mkdir(path),
      fails: ALL,
      reason: /is a directory/,
    },
    {
      what: `a FIFO in place of a ${kind}`,
      kind,
      spoil: (path) => run("mkfifo", path),
      fails: ALL,
      reason: /is not a regular file/,
    },
    {
      what: `a symbolic link to itself in place of a ${kind}`,
      kind,
      spoil: (path) => Deno.symlink(path, path),
      fails: ALL,
      reason: /Too many levels of symbolic links/,
    },
    {
      what: `a file of 1 GiB in place of a ${kind}`,
      kind,
      async spoil(path) {
        await Deno.writeFile(path, NOTHING);
        await Deno.truncate(path, 2 ** 30);
      },
      fails: ALL,
      reason: /larger than 64 KiB/,
    },
  ]),
  {
    what: "half of a key pair",
    kind: "pair",
    spoil: (path) => Deno.writeTextFile(path, "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByq"),
    fails: ALL,
    reason: /damaged|not a private key/,
  },
  {
    what: "a symmetric key in place of a key pair",
    kind: "pair",
    spoil: (path) => Deno.writeFile(path, new Uint8Array(32).fill(7)),
    fails: ALL,
    reason: /not a private key/,
  },
  {
    what: "a public key in place of a key pair",
    kind: "pair",
    spoil: (path) =>
      run("openssl", "genpkey", "-algorithm", "ED25519", "-outform", "DER", "-out", path),
    fails: ALL,
    reason: /not a private key/,
  },
  {
    what: "half of a symmetric key",
    kind: "key",
    spoil: (path) => Deno.writeFile(path, new Uint8Array(16).fill(7)),
    fails: ["use"],
    reason: /found 16 bytes, AES-256-GCM needs 32/,
  },
  {
    what: "nothing left of a symmetric key",
    kind: "key",
    spoil: (path) => Deno.writeFile(path, NOTHING),
    // A power cut undoes the existing product's way of writing like this: a key is made anew.
    fails: ["load", "use"],
    reason: /is empty/,
  },
];

Deno.test("a spoilt key file is told with its key and place, and spoils nothing else", async (t) => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const good = await keys.createKeyIfNotExists("good", "encrypt");
  const goodPair = await keys.createKeyPairIfNotExists("good-pair", "ec-p256");

  for (const [index, fault] of FAULTS.entries()) {
    await t.step(fault.what, async () => {
      const id = `faulty-${index}`;
      const path = keyFile(keyd, id);
      const operations = OPERATIONS[fault.kind];
      const handle = await operations.create(keys, id);
      await settle();
      await operations.use(keys, id, handle);
      await Deno.rename(path, `${keyd.dir}/saved`);
      await fault.spoil(path);
      const before = await Deno.lstat(path);

      for (const name of ALL) {
        if (name === "create" && !fault.fails.includes(name)) continue;
        const from = keyd.daemon.log().length;
        const attempt = operations[name](keys, id, handle);
        if (!fault.fails.includes(name)) {
          await attempt;
          continue;
        }
        await assert.rejects(attempt, { status: 500, message: "internal error" }, name);
        const record = new RegExp(
          `<3>\\S+ \\[ERR!\\] - [a-z ]+: key "${id}" in ${path}: .*(${fault.reason.source})`,
        );
        await logged(keyd, from, record);
      }
      const after = await Deno.lstat(path);
      assert.deepEqual(
        [after.ino, after.size, after.mtime],
        [before.ino, before.size, before.mtime],
        "nothing was written over",
      );
      await OPERATIONS.key.use(keys, "good", good);
      await OPERATIONS.pair.use(keys, "good-pair", goodPair);

      await Deno.remove(path, { recursive: true });
      await Deno.rename(`${keyd.dir}/saved`, path);
      for (const name of ALL) await operations[name](keys, id, handle);
    });
  }
});

Deno.test("keys whose files were swapped do not open what the other has locked", async () => {
  await using keyd = await startKeyd();
  using keys = keysClient({ socket: keyd.socket });
  const [a, b] = [
    await keys.createKeyIfNotExists("a", "encrypt"),
    await keys.createKeyIfNotExists("b", "encrypt"),
  ];
  const text = new TextEncoder().encode("valve 40%");
  const locked = await keys.encryptAead(a, IV, NOTHING, text);
  await settle();
  assert.deepEqual(await keys.decryptAead(a, IV, NOTHING, locked), text);

  const swap = async () => {
    await Deno.rename(keyFile(keyd, "a"), `${keyd.dir}/saved`);
    await Deno.rename(keyFile(keyd, "b"), keyFile(keyd, "a"));
    await Deno.rename(`${keyd.dir}/saved`, keyFile(keyd, "b"));
  };
  await swap();
  await assert.rejects(keys.decryptAead(a, IV, NOTHING, locked), { status: 500 });
  await logged(
    keyd,
    0,
    /key "a" in \S+\.key: ciphertext does not belong to this key or was modified/,
  );
  assert.deepEqual(await keys.decryptAead(b, IV, NOTHING, locked), text);
  await swap();
  assert.deepEqual(await keys.decryptAead(a, IV, NOTHING, locked), text);
});

/** A disk for the keys alone, that root can make full or read-only. */
async function onDisk(use: (keyd: Keyd, keys: KeysClient) => Promise<void>): Promise<void> {
  await using keyd = await prepareKeyd();
  await run("mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", keyd.home);
  try {
    await keyd.start();
    using keys = keysClient({ socket: keyd.socket });
    await use(keyd, keys);
  } finally {
    await keyd.daemon.stop();
    await run("umount", keyd.home);
  }
}

/** Tries everything that writes; each fails with this reason, and what needs no write works. */
async function refusesWrites(keyd: Keyd, keys: KeysClient, reason: string): Promise<void> {
  const names = () => [...Deno.readDirSync(`${keyd.home}/keys`)].map(({ name }) => name).sort();
  const handle = await keys.loadKey("old");
  const signature = await keys.signHmacSha256(handle, NOTHING);
  const before = names();
  const writes: [id: string, attempt: () => Promise<unknown>][] = [
    ["old", () => keys.importKey("old", "sign", new Uint8Array([2]))],
    ["new", () => keys.importKey("new", "sign", new Uint8Array([2]))],
    ["new", () => keys.createKeyIfNotExists("new", "sign")],
    ["pair", () => keys.createKeyPairIfNotExists("pair", "ec-p256")],
  ];
  for (const [id, attempt] of writes) {
    const from = keyd.daemon.log().length;
    await assert.rejects(attempt(), { status: 500, message: "internal error" });
    await logged(keyd, from, new RegExp(`key "${id}" in ${keyFile(keyd, id)}: .*${reason}`));
  }
  assert.deepEqual(names(), before);
  assert.deepEqual(await keys.signHmacSha256(handle, NOTHING), signature);
}

Deno.test("a full disk costs no key, and once there is room keys can be made again", {
  ignore: Deno.uid() !== 0,
}, async () => {
  await onDisk(async (keyd, keys) => {
    await keys.importKey("old", "sign", new Uint8Array([1]));
    const filler = `${keyd.home}/filler`;
    {
      using file = await Deno.open(filler, { create: true, append: true });
      await assert.rejects(async () => {
        for (;;) await file.write(new Uint8Array(4096));
      }, /No space left/);
    }
    await refusesWrites(keyd, keys, "no space left");
    await Deno.remove(filler);
    await keys.createKeyPairIfNotExists("pair", "ec-p256");
    await keys.importKey("old", "sign", new Uint8Array([2]));
  });
});

Deno.test("a read-only disk costs no key, and once it can be written keys can be made again", {
  ignore: Deno.uid() !== 0,
}, async () => {
  await onDisk(async (keyd, keys) => {
    const handle = await keys.importKey("old", "sign", new Uint8Array([1]));
    await run("mount", "-o", "remount,ro", keyd.home);
    await refusesWrites(keyd, keys, "Read-only file system");
    await assert.rejects(keys.deleteKey(handle), { status: 500 });
    await keys.loadKey("old");
    await run("mount", "-o", "remount,rw", keyd.home);
    await keys.createKeyIfNotExists("new", "sign");
    await keys.deleteKey(handle);
  });
});

/** Waits until the log has this record; what was logged before `from` does not count. */
async function logged(keyd: Keyd, from: number, record: RegExp): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!record.test(keyd.daemon.log().slice(from))) {
    assert.ok(Date.now() < deadline, `${record} in ${keyd.daemon.log().slice(from)}`);
    // The answer can be here before the record is.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
