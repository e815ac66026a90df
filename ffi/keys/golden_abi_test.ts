// SPDX-License-Identifier: MIT

/** Calls of the existing library, recorded, against ours: same codes, same bytes, same lengths. */

import assert from "node:assert/strict";
import { libraryPath } from "../library_path.ts";
import {
  type Argument,
  DirectLibrary,
  FILLER,
  type Handed,
  type Parameters,
  type Room,
} from "./direct_calls.ts";

/** One recorded call; hexadecimal unless a text. */
interface Recorded {
  call: string;
  version?: string;
  pointer?: null;
  pointerUntouched?: boolean;
  listVersion?: string | null;
  name?: string | null;
  value?: string | null;
  id?: string | null;
  from?: string | null;
  to?: string | null;
  alg?: string | null;
  bytes?: string | null;
  data?: string | null;
  usage?: number;
  type?: number;
  mechanism?: number;
  params?: RecordedParameters | null;
  input?: string | null;
  signature?: string | null;
  cap?: number | null;
  noLen?: boolean;
  noOk?: boolean;
  rc: number;
  ok?: number;
  lenOut?: number;
  output?: string;
  note?: string;
}

type RecordedParameters =
  | { kind: "aead"; iv: string | null; aad: string | null }
  | { kind: "derived"; data: string | null; mechanism: number; inner?: RecordedParameters | null };

const VECTORS = new URL("../../tests/vectors/keys-library-abi/", import.meta.url).pathname;
const LIBRARY = libraryPath("libaziot_keys.so");

/** Codes that are different on purpose: by what is recorded of the call. */
const DIFFERENT: { is(call: Recorded): boolean; code: number }[] = [
  // An empty key is refused before anything is touched.
  { is: (call) => call.call === "import_key" && call.bytes === "", code: 1 },
  // There are no tokens yet.
  { is: (call) => call.name === "pkcs11_lib_path", code: 1 },
  { is: (call) => call.name === "pkcs11_base_slot" && call.rc === 2, code: 1 },
  { is: (call) => call.note === "pkcs11 location, library path that does not exist", code: 1 },
];

/** Key pairs that the recording generated and did not keep: their results are other bytes. */
const LOST = "p-bvajhw";

function bytes(hex: string | null | undefined): Uint8Array<ArrayBuffer> | null {
  return hex === null || hex === undefined ? null : Uint8Array.fromHex(hex);
}

function text(value: string | null | undefined, home: string): Argument {
  if (value === null || value === undefined) return null;
  if (value.startsWith("hex:")) return Uint8Array.fromHex(value.slice(4));
  return value.replaceAll("<HOME>", home);
}

function parametersOf(recorded: RecordedParameters | null | undefined): Parameters | null {
  if (!recorded) return null;
  if (recorded.kind === "aead") {
    return { kind: "aead", iv: bytes(recorded.iv), aad: bytes(recorded.aad) };
  }
  return {
    kind: "derived",
    data: bytes(recorded.data),
    mechanism: recorded.mechanism,
    inner: parametersOf(recorded.inner),
  };
}

function roomOf(call: Recorded): Room {
  if (call.noLen) return "no length";
  return call.cap ?? "query";
}

/** Makes the call and says how its answer should have been. */
function replay(library: DirectLibrary, call: Recorded, home: string): void {
  const expected = DIFFERENT.find((difference) => difference.is(call))?.code ?? call.rc;
  const id = text(call.id, home);
  const room = roomOf(call);
  const mechanism = call.mechanism ?? 0;
  const parameters = parametersOf(call.params);
  const input = bytes(call.input);
  const codeIs = (code: number) => assert.equal(code, expected);
  const handedIs = (handed: Handed) => checkHanded(handed, call, expected);

  switch (call.call) {
    case "get_function_list":
      return replayList(library, call);
    case "set_parameter":
      return codeIs(library.setParameter(text(call.name, home), text(call.value, home)));
    case "create_key_pair_if_not_exists":
      return codeIs(library.createKeyPair(id, text(call.alg, home)));
    case "move_key_pair":
      return codeIs(library.moveKeyPair(text(call.from, home), text(call.to, home)));
    case "load_key_pair":
      return codeIs(library.loadKeyPair(id));
    case "delete_key_pair":
      return codeIs(library.deleteKeyPair(id));
    case "create_key_if_not_exists":
      return codeIs(library.createKey(id, call.usage ?? 0));
    case "load_key":
      return codeIs(library.loadKey(id));
    case "import_key":
      return codeIs(library.importKey(id, bytes(call.bytes), call.usage ?? 0));
    case "delete_key":
      return codeIs(library.deleteKey(id));
    case "get_key_pair_parameter":
      return handedIs(library.keyPairParameter(id, call.type ?? 0, room));
    case "derive_key":
      return handedIs(library.deriveKey(id, bytes(call.data), room));
    case "sign":
      return handedIs(library.sign(id, mechanism, parameters, input, room));
    case "encrypt":
      return handedIs(library.encrypt(id, mechanism, parameters, input, room));
    case "decrypt":
      return handedIs(library.decrypt(id, mechanism, parameters, input, room));
    case "verify": {
      const verdict = library.verify(id, mechanism, input, bytes(call.signature), !call.noOk);
      return assert.deepEqual(verdict, { code: expected, ok: call.ok ?? 77 });
    }
    default:
      assert.fail(`unknown call ${call.call}`);
  }
}

function replayList(library: DirectLibrary, call: Recorded): void {
  const version = Number(call.version);
  if (call.pointer === null) {
    assert.equal(library.functionListNowhere(version), call.rc);
    return;
  }
  const { code, pointer } = library.functionList(version);
  assert.equal(code, call.rc);
  assert.equal(pointer === null, call.pointerUntouched);
  if (pointer === null) return;
  const listVersion = new Deno.UnsafePointerView(pointer).getUint32();
  assert.equal(listVersion, Number(call.listVersion));
}

function checkHanded(handed: Handed, call: Recorded, code: number): void {
  assert.equal(handed.code, code);
  const isEcdsa = call.call === "sign" && call.mechanism === 1;
  if (isEcdsa && code === 0) {
    // Ends in a random number: up to 72 bytes, seldom less than 70.
    assert.ok(handed.length >= 60 && handed.length <= 72, `length ${handed.length}`);
    return;
  }
  if (isEcdsa && call.lenOut === 72) {
    assert.ok(handed.length > (call.cap ?? 0) && handed.length <= 72, `length ${handed.length}`);
    return;
  }
  assert.equal(handed.length, call.lenOut, "the length afterwards");
  const used = call.output === undefined ? 0 : handed.length;
  if (call.output !== undefined && call.id !== LOST) {
    assert.equal(handed.buffer.subarray(0, used).toHex(), call.output);
  }
  // Only on success is anything written, and nothing beyond the length.
  assert.ok(
    handed.buffer.subarray(used).every((byte) => byte === FILLER),
    "bytes after the length",
  );
}

async function recorded(file: string): Promise<Recorded[]> {
  return JSON.parse(await Deno.readTextFile(VECTORS + file)) as Recorded[];
}

/** Replays files one after the other, each in a library of its own, on one home directory. */
async function replayFiles(files: string[]): Promise<number> {
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/keys`);
    const { rsaId } = JSON.parse(await Deno.readTextFile(`${VECTORS}inputs.json`));
    for await (const { name } of Deno.readDir(`${VECTORS}home/keys`)) {
      const isRsa = name.startsWith(`${rsaId.replaceAll("-", "")}-`);
      if (isRsa) await Deno.copyFile(`${VECTORS}home/keys/${name}`, `${home}/keys/${name}`);
    }
    let count = 0;
    for (const file of files) {
      using library = new DirectLibrary(LIBRARY);
      for (const call of await recorded(file)) {
        try {
          replay(library, call, home);
        } catch (cause) {
          throw new Error(`${file} ${count}: ${JSON.stringify(call).slice(0, 400)}`, { cause });
        }
        count++;
      }
    }
    return count;
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("recorded calls of an unconfigured library have the same answers", async () => {
  assert.equal(await replayFiles(["unconfigured.json"]), 41);
});

Deno.test("recorded calls with keys in files have the same answers", async () => {
  assert.equal(await replayFiles(["work.json", "decrypt-move-delete.json"]), 191);
});
