// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import {
  EncryptMechanism,
  type KeysLibrary,
  KeysLibraryError,
  openKeysLibrary,
  SignMechanism,
} from "./keys.ts";
import { libraryPath } from "./library_path.ts";

const SHIM = libraryPath("libaziot_keys_shim.so");
const PLAIN = libraryPath("").replace(/\/$/, "");

/**
 * A library through a shim of its own: the shim holds one at a time, and a library once opened
 * stays open, as in the service. So this is done outside of what the sanitizers watch.
 */
function open(library: string): KeysLibrary | KeysLibraryError {
  const directory = Deno.makeTempDirSync();
  try {
    const shim = `${directory}/shim.so`;
    Deno.copyFileSync(SHIM, shim);
    return openKeysLibrary({ shim, library });
  } catch (error) {
    if (error instanceof KeysLibraryError) return error;
    throw error;
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function opened(library: string): KeysLibrary {
  const result = open(library);
  if (result instanceof KeysLibraryError) throw result;
  return result;
}

const odd = (name: string) => `${PLAIN}/tests/odd_keys_${name}.so`;
const usual = opened(odd("usual"));
const old = opened(odd("old"));
const ours = opened(`${PLAIN}/libaziot_keys.so`);
const notThere = open("/nonexistent/library.so");
const relative = open("libaziot_keys.so");
const noLibrary = open(SHIM);
const noVersion = open(odd("no_version"));
const noList = open(odd("no_list"));
const future = open(odd("future"));
const lacksFunction = open(odd("lacks_function"));

const bytes = (size: number) => new Uint8Array(size).fill(7);
const answer = (size: number) => ({ code: 0, bytes: new Uint8Array(size).fill(0x42) });
const failure = (code: number) => ({ code, bytes: new Uint8Array(0) });

function assertRefused(
  result: KeysLibrary | KeysLibraryError,
  reason: KeysLibraryError["reason"],
  message: RegExp,
): void {
  assert.ok(result instanceof KeysLibraryError);
  assert.equal(result.reason, reason);
  assert.match(result.message, message);
}

Deno.test("a library that cannot be loaded is refused with the loader's reason", () => {
  assertRefused(notThere, "not loadable", /^\/nonexistent\/library\.so: cannot open/);
  assertRefused(relative, "not loadable", /is not an absolute path$/);
  assertRefused(noLibrary, "not loadable", /does not export aziot_keys_get_function_list$/);
});

Deno.test("a library without a version we know is refused with its codes", () => {
  assertRefused(noVersion, "no common version", /2\.1\.0\.0 \(code 5\) nor 2\.0\.0\.0 \(code 5\)$/);
  assertRefused(future, "no common version", /unknown version 0x03000000$/);
});

Deno.test("a library whose list is not whole is refused", () => {
  assertRefused(noList, "null pointer", /without a function list$/);
  assertRefused(lacksFunction, "null pointer", /a function of its list .* is missing$/);
});

Deno.test("the version is that of the list, not of the request", () => {
  assert.equal(usual.version, 0x02010000);
  assert.equal(old.version, 0x02000000);
  assert.equal(ours.version, 0x02010000);
});

Deno.test("only a library that says so may be called while another call lasts", () => {
  assert.equal(ours.mayOverlap, true);
  assert.equal(usual.mayOverlap, false);
  assert.equal(old.mayOverlap, false);
});

Deno.test("a function that an old list lacks answers absent", () => {
  assert.equal(old.blocking.moveKeyPair("a", "b"), 0xffffffff);
  assert.equal(old.blocking.deleteKeyPair("a"), 0xffffffff);
  assert.equal(old.blocking.deleteKey("a"), 0xffffffff);
  assert.equal(old.blocking.loadKey("abc"), 3);
  assert.equal(old.blocking.importKey("k", bytes(4), 16), 20);
  assert.deepEqual(old.blocking.sign("k", SignMechanism.hmacSha256, bytes(9)), answer(9));
});

Deno.test("arguments arrive as they are meant", () => {
  const { blocking } = usual;
  assert.equal(blocking.setParameter("name", "value"), 0);
  assert.equal(blocking.setParameter("name", null), 7);
  assert.equal(blocking.createKeyPairIfNotExists("abc", null), 3 * 16 + 15);
  assert.equal(blocking.createKeyPairIfNotExists("abc", "ab"), 3 * 16 + 2);
  assert.equal(blocking.moveKeyPair("abcd", "a"), 4 * 16 + 1);
  assert.equal(blocking.loadKeyPair("é"), 2);
  assert.equal(blocking.deleteKeyPair("abc"), 3);
  assert.equal(blocking.createKeyIfNotExists("abc", 0x10), 0x13);
  assert.equal(blocking.createKeyIfNotExists("", 0xffffffff), 0xffffffff);
  assert.equal(blocking.loadKey("ab"), 2);
  assert.equal(blocking.importKey("k", bytes(5), 1), 6);
  assert.equal(blocking.deleteKey("abcde"), 5);
});

Deno.test("an empty array is not NULL for the library", () => {
  const { blocking } = usual;
  assert.equal(blocking.importKey("k", bytes(0), 1), 1);
  assert.deepEqual(blocking.deriveKey("k", bytes(0)), answer(2000));
  assert.deepEqual(blocking.sign("k", SignMechanism.hmacSha256, bytes(0)), answer(0));
  assert.deepEqual(blocking.sign("k", SignMechanism.derived, bytes(1)), answer(0));
  assert.deepEqual(blocking.encrypt("k", EncryptMechanism.aead, bytes(0)), answer(0));
  assert.deepEqual(blocking.decrypt("k", EncryptMechanism.derived, bytes(0)), answer(0));
  assert.equal(blocking.verify("k", 2, bytes(0), bytes(0)).code, 0);
});

Deno.test("what a mechanism needs reaches it, and nothing else does", () => {
  const { blocking } = usual;
  const input = { derivation: bytes(3), iv: bytes(12), aad: bytes(5) };
  for (const call of [blocking.encrypt, blocking.decrypt]) {
    assert.deepEqual(call("k", EncryptMechanism.aead, bytes(20), input), answer(37));
    assert.deepEqual(call("k", EncryptMechanism.derived, bytes(20), input), answer(37));
    assert.deepEqual(call("k", EncryptMechanism.rsaPkcs1, bytes(20), input), answer(20));
    assert.deepEqual(call("k", EncryptMechanism.rsaNoPadding, bytes(20), input), answer(20));
  }
  assert.deepEqual(blocking.sign("k", SignMechanism.derived, bytes(3), bytes(11)), answer(11));
  assert.deepEqual(blocking.sign("k", SignMechanism.ecdsa, bytes(3), bytes(11)), answer(3));
});

Deno.test("an output of any size is fetched whole", () => {
  for (const size of [0, 1, 1023, 1024, 1025, 2000, 100000]) {
    assert.deepEqual(usual.blocking.getKeyPairParameter("k", size), answer(size));
  }
});

Deno.test("a verdict is good only with code 0", () => {
  const verify = (first: number) =>
    usual.blocking.verify("k", 2, new Uint8Array([first]), bytes(1));
  assert.deepEqual(verify(1), { code: 0, ok: true });
  assert.deepEqual(verify(2), { code: 0, ok: false });
  assert.deepEqual(verify(9), { code: 2, ok: false });
});

Deno.test("the nonblocking form answers the same", async () => {
  const { nonblocking } = usual;
  assert.equal(await nonblocking.setParameter("name", null), 7);
  assert.equal(await nonblocking.createKeyPairIfNotExists("abc", null), 63);
  assert.equal(await nonblocking.importKey("k", bytes(5), 1), 6);
  assert.deepEqual(await nonblocking.getKeyPairParameter("k", 5000), answer(5000));
  assert.deepEqual(await nonblocking.deriveKey("k", bytes(1)), answer(2001));
  assert.deepEqual(await nonblocking.verify("k", 2, new Uint8Array([1]), bytes(1)), {
    code: 0,
    ok: true,
  });
  const input = { iv: bytes(12) };
  assert.deepEqual(await nonblocking.encrypt("k", 1, bytes(8), input), answer(20));
});

Deno.test("texts with a NUL and numbers that do not fit are refused before C sees them", () => {
  assert.throws(() => usual.blocking.loadKey("a\0b"), TypeError);
  assert.throws(() => usual.blocking.setParameter("name", "a\0"), TypeError);
  assert.throws(() => usual.blocking.createKeyIfNotExists("k", -1), RangeError);
  assert.throws(() => usual.blocking.createKeyIfNotExists("k", 2 ** 32 + 5), RangeError);
  assert.throws(() => usual.blocking.getKeyPairParameter("k", 1.5), RangeError);
});

Deno.test("a library that claims to have written too much ends the process at once", async () => {
  const program = `
    import { openKeysLibrary } from ${JSON.stringify(import.meta.resolve("./keys.ts"))};
    const library = openKeysLibrary(${JSON.stringify({ shim: SHIM, library: odd("overrun") })});
    library.blocking.sign("k", 2, new Uint8Array(8));
    console.log("survived");
  `;
  const { stdout, signal } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", program],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  assert.equal(signal, "SIGABRT");
  assert.equal(new TextDecoder().decode(stdout), "");
});

Deno.test("a program with FFI for the shim alone uses the library, and cannot open more", async () => {
  const program = `
    import { openKeysLibrary } from ${JSON.stringify(import.meta.resolve("./keys.ts"))};
    const paths = ${JSON.stringify({ shim: SHIM, library: `${PLAIN}/libaziot_keys.so` })};
    const library = openKeysLibrary(paths);
    console.log(library.blocking.loadKey("k"), await library.nonblocking.loadKey("k"));
    console.log(Deno.permissions.querySync({ name: "ffi", path: paths.shim }).state);
    try { openKeysLibrary(paths); } catch (error) { console.log(error.name); }
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, program);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-lock", "--no-config", `--allow-ffi=${SHIM}`, file],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "1 1\nprompt\nNotCapable\n");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("our library derives and encrypts the worked examples through the binding", async () => {
  const home = await Deno.makeTempDir();
  try {
    const { blocking } = ours;
    const key = Uint8Array.from({ length: 32 }, (_, index) => 0xa0 + index);
    const iv = Uint8Array.from({ length: 12 }, (_, index) => index + 1);
    const text = (value: string) => new TextEncoder().encode(value);
    const input = { iv, aad: text("valve-1") };
    assert.equal(blocking.setParameter("homedir_path", home), 0);
    assert.equal(blocking.importKey("k", key, 1), 0);
    assert.equal(
      blocking.deriveKey("k", text("m1:g1:primary")).bytes.toHex(),
      "f9ea657a1643bffc67b9b69c335e271fc10cc8cf2d66b8353f8b428792c91848",
    );
    const { bytes: ciphertext } = blocking.encrypt("k", 1, text("open 40%"), input);
    assert.equal(ciphertext.toHex(), "02f7232210186bb5ce98bdbb855a8d50db25c8d45ee1a88716");
    const { bytes: plaintext } = blocking.decrypt("k", 1, ciphertext, input);
    assert.equal(new TextDecoder().decode(plaintext), "open 40%");
    assert.deepEqual(blocking.decrypt("k", 1, ciphertext, { iv }), failure(2));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
