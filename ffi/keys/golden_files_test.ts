// SPDX-License-Identifier: MIT

/** Key files of the existing product and of other tools, with recorded results of using them. */

import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey, verify } from "node:crypto";
import { libraryPath } from "../library_path.ts";
import { DirectLibrary, type Handed } from "./direct_calls.ts";

/** One recorded request; the library's part of it. */
interface Recorded {
  name: string;
  file?: string;
  keyId?: string;
  kind?: string;
  newContentBase64?: string;
  config?: string;
  request: { body?: string };
  response: { status: number; body: string };
  filesChanged?: string[];
  filesRemoved?: string[];
}

const VECTORS = new URL("../../tests/vectors/", import.meta.url).pathname;
const LIBRARY = libraryPath("libaziot_keys.so");
const CODES = new Map([[200, 0], [204, 0], [400, 1], [500, 2]]);
const ROOM = 1024;

/** Ours keeps what the existing product writes over: what is there may be all that is left. */
const KEPT = ["create /key empty", "create /keypair sym5", "create /keypair encrypted.pem"];

const PARAMETERS = new Map([
  ["algorithm", 1],
  ["ec-curve-oid", 2],
  ["ec-point", 3],
  ["rsa-modulus", 4],
  ["rsa-exponent", 5],
]);
const ALGORITHMS = new Map([["ECDSA", "01000000"], ["RSA", "02000000"]]);

async function recorded(topic: string): Promise<Recorded[]> {
  return JSON.parse(await Deno.readTextFile(`${VECTORS}${topic}/cases.json`)) as Recorded[];
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  for await (const { name, isFile } of Deno.readDir(directory)) if (isFile) yield name;
}

/** A copy of recorded files, with everything else that the recording had beside them. */
async function withFiles(
  from: string,
  run: (library: DirectLibrary, directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for await (const name of filesBelow(from)) {
      await Deno.copyFile(`${from}/${name}`, `${directory}/${name}`);
    }
    using library = new DirectLibrary(LIBRARY);
    await run(library, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The `[preloaded_keys]` of a recorded configuration. */
function* preloaded(config: string, directory: string): Generator<[id: string, uri: string]> {
  const [, table = ""] = config.split("[preloaded_keys]");
  for (const [, id, uri] of table.matchAll(/^"(.*)" = "(.*)"$/gm)) {
    if (id !== undefined && uri !== undefined) yield [id, uri.replaceAll("<DIR>/in", directory)];
  }
}

function handed({ code, length, buffer }: Handed): { code: number; bytes: Uint8Array } {
  return { code, bytes: buffer.subarray(0, code === 0 ? length : 0) };
}

function decode(base64: unknown): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(String(base64));
}

/** Does what a recorded request asked the library for. */
async function replay(library: DirectLibrary, recorded: Recorded, directory: string) {
  const [operation = ""] = recorded.name.split(/(?: (?:of|with) |: )/);
  const id = recorded.file ?? "sym32";
  const code = KEPT.includes(recorded.name) ? 2 : CODES.get(recorded.response.status);
  const body = JSON.parse(recorded.request.body ?? "{}");
  const answer = code === 0 && recorded.response.body ? JSON.parse(recorded.response.body) : {};
  const parameter = PARAMETERS.get(operation);

  if (parameter !== undefined) {
    const { code: actual, bytes } = handed(library.keyPairParameter(id, parameter, ROOM));
    const expected = ALGORITHMS.get(answer.value) ?? decode(answer.value ?? "").toHex();
    assert.deepEqual({ actual, bytes: bytes.toHex() }, { actual: code, bytes: expected });
  } else if (operation === "load as pair") {
    assert.equal(library.loadKeyPair(id), code);
  } else if (operation === "load as symmetric") {
    assert.equal(library.loadKey(id), code);
  } else if (operation === "HMAC") {
    const message = decode(body.parameters.message);
    const { code: actual, bytes } = handed(library.sign(id, 2, null, message, ROOM));
    const expected = decode(answer.signature ?? "").toHex();
    assert.deepEqual({ actual, bytes: bytes.toHex() }, { actual: code, bytes: expected });
  } else if (operation === "ECDSA") {
    const digest = decode(body.parameters.digest);
    const { code: actual, bytes } = handed(library.sign(id, 1, null, digest, ROOM));
    assert.equal(actual, code);
    if (code === 0) assert.ok(bytes.length >= 8 && bytes[0] === 0x30);
  } else if (operation === "RSA-PKCS1") {
    const { code: actual, bytes } = handed(
      library.encrypt(id, 2, null, decode(body.plaintext), ROOM),
    );
    const expected = decode(answer.ciphertext ?? "").toHex();
    assert.deepEqual({ actual, bytes: bytes.toHex() }, { actual: code, bytes: expected });
  } else if (operation.startsWith("create /keypair")) {
    assert.equal(library.createKeyPair(id, body.preferredAlgorithms ?? null), code);
  } else if (operation.startsWith("create /key")) {
    const actual = body.keyBytes === undefined
      ? library.createKey(id, 1)
      : library.importKey(id, decode(body.keyBytes), 1);
    assert.equal(actual, code);
  } else if (operation === "delete preloaded key") {
    assert.equal(library.deleteKey(id), code);
    await assert.rejects(Deno.lstat(`${directory}/sym32`), Deno.errors.NotFound);
  } else {
    assert.fail(`unknown operation ${operation}`);
  }
}

Deno.test("files of other tools are understood or refused as recorded", async () => {
  await withFiles(`${VECTORS}keyd-foreign-files/in`, async (library, directory) => {
    await Deno.symlink("sym32", `${directory}/link`);
    await Deno.symlink("nowhere", `${directory}/dangling`);
    await Deno.mkdir(`${directory}/dir`);
    const [first, ...rest] = await recorded("keyd-foreign-files");
    assert.ok(first?.config);
    for (const [id, uri] of preloaded(first.config, directory)) {
      assert.equal(library.setParameter(`preloaded_key:${id}`, uri), 0, uri);
    }
    for (const one of rest) {
      try {
        await replay(library, one, directory);
      } catch (cause) {
        throw new Error(one.name, { cause });
      }
    }
    assert.equal(rest.length, 204);
    const { isSymlink } = await Deno.lstat(`${directory}/link`);
    assert.ok(isSymlink, "an import writes through a symbolic link");
  });
});

Deno.test("files that the existing product has written are found by the ids they are for", async () => {
  const home = await Deno.makeTempDir();
  try {
    await withFiles(`${VECTORS}keyd-key-files/home/keys`, async (library, directory) => {
      await Deno.rename(directory, `${home}/keys`);
      await Deno.mkdir(directory);
      assert.equal(library.setParameter("homedir_path", home), 0);
      let count = 0;
      for (const { keyId, file, kind } of await recorded("keyd-key-files")) {
        if (keyId === undefined || file === undefined || kind === undefined) continue;
        count++;
        const content = await Deno.readFile(`${home}/keys/${file}`);
        const code = kind === "keypair" ? library.loadKeyPair(keyId) : library.loadKey(keyId);
        assert.equal(code, 0, keyId);
        const { mode } = await Deno.stat(`${home}/keys/${file}`);
        assert.equal((mode ?? 0) & 0o777, 0o600, "a file of ours is closed to others");
        if (kind === "keypair") checkSignature(library, keyId, content);
        else checkMac(library, keyId, content);
      }
      assert.equal(count, 24);
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a key gets the file name that the existing product gives it", async () => {
  const home = await Deno.makeTempDir();
  try {
    using library = new DirectLibrary(LIBRARY);
    assert.equal(library.setParameter("homedir_path", home), 0);
    for (const { keyId, file, kind } of await recorded("keyd-key-files")) {
      if (keyId === undefined || file === undefined || kind === undefined) continue;
      assert.equal(library.importKey(keyId, new Uint8Array([1]), 1), 0);
      assert.deepEqual(await Deno.readFile(`${home}/keys/${file}`), new Uint8Array([1]));
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

function checkMac(library: DirectLibrary, id: string, key: Uint8Array): void {
  const { code, bytes } = handed(library.deriveKey(id, "data", ROOM));
  assert.equal(code, 0);
  const padded = new Uint8Array(64);
  padded.set(key.length > 64 ? createHash("sha256").update(key).digest() : key);
  const inner = createHash("sha256").update(padded.map((byte) => byte ^ 0x36)).update("data")
    .digest();
  const outer = createHash("sha256").update(padded.map((byte) => byte ^ 0x5c)).update(inner)
    .digest();
  assert.equal(bytes.toHex(), Uint8Array.from(outer).toHex());
}

function checkSignature(library: DirectLibrary, id: string, pem: Uint8Array): void {
  const pair = createPrivateKey(new TextDecoder().decode(pem));
  const message = new TextEncoder().encode("message");
  const digest = new Uint8Array(createHash("sha256").update(message).digest());
  if (pair.asymmetricKeyType === "ec") {
    const { code, bytes } = handed(library.sign(id, 1, null, digest, ROOM));
    assert.equal(code, 0);
    assert.ok(verify("sha256", message, createPublicKey(pair), bytes));
  } else {
    const digestInfo = new Uint8Array([
      ...Uint8Array.fromHex("3031300d060960864801650304020105000420"),
      ...digest,
    ]);
    const { code, bytes } = handed(library.encrypt(id, 2, null, digestInfo, ROOM));
    assert.equal(code, 0);
    assert.ok(verify("sha256", message, createPublicKey(pair), bytes));
  }
}
