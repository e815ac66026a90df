// SPDX-License-Identifier: MIT

/** The API on the product's own keys library and key files, without a socket. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { openKeysLibrary } from "../../ffi/keys.ts";
import { libraryPath } from "../../ffi/library_path.ts";
import { BodyReader } from "../http/body.ts";
import { Dispatcher } from "../http/dispatch.ts";
import { Exchange } from "../http/exchange.ts";
import type { Route } from "../http/routes.ts";
import { createLog } from "../log/log.ts";
import { routes, VERSIONS } from "./api.ts";
import { Handles } from "./handles.ts";
import { NativeLibrary } from "./native_library.ts";
import { Operations } from "./operations.ts";
import type { Principal } from "./principals.ts";
import { ValidationKey } from "./validation_key.ts";

const ROOT = { pid: 1, uid: 0, gid: 0 };
const PUMP = { pid: 77, uid: 1077, gid: 1077 };
const STRANGER = { pid: 78, uid: 1078, gid: 1078 };

const functions = openKeysLibrary({
  shim: libraryPath("libaziot_keys_shim.so"),
  library: libraryPath("libaziot_keys.so"),
});

interface Answer {
  status: number;
  body: Record<string, string> | undefined;
}

/** A service on a key store of its own. */
class Service implements AsyncDisposable {
  readonly log: string[] = [];
  principals: Principal[] = [{ uid: PUMP.uid, keys: ["pump-?", "m*"] }];
  readonly routes: readonly Route[];
  readonly #bodies = new BodyReader(5000);
  readonly #dispatcher: Dispatcher;

  private constructor(readonly home: string, readonly version: string) {
    const log = createLog("keyd", "trace", {
      write: (bytes) => void this.log.push(new TextDecoder().decode(bytes)),
      now: () => new Date(),
    });
    const library = new NativeLibrary(functions, true);
    library.setParameter("homedir_path", home);
    const operations = new Operations(
      library,
      new Handles(new ValidationKey(library)),
      () => this.principals,
    );
    this.routes = routes(operations, log);
    this.#dispatcher = new Dispatcher({
      versions: VERSIONS,
      routes: this.routes,
      log,
      bodies: this.#bodies,
    });
  }

  static async start(version = "2021-05-01"): Promise<Service> {
    return new Service(await Deno.makeTempDir({ prefix: "aziot-keyd-" }), version);
  }

  async call(method: string, path: string, body?: unknown, peer = ROOT): Promise<Answer> {
    const request = new Request(`http://keyd.sock${path}?api-version=${this.version}`, {
      method,
      ...body === undefined ? {} : {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      },
    });
    const response = await this.#dispatcher.handle(new Exchange(request, peer, 1));
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async handle(method: string, path: string, body?: unknown): Promise<string> {
    const answer = await this.call(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body?.keyHandle ?? assert.fail("no handle");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bodies[Symbol.dispose]();
    await Deno.remove(this.home, { recursive: true });
  }
}

const bad = (message: string): Answer => ({ status: 400, body: { message } });
const unauthorized = (uid: number, id: string): Answer => ({
  status: 401,
  body: { message: `user ${uid} is not authorized to access the key ${id}` },
});
const NOT_FOUND = bad("a parameter has an invalid value");
const INVALID_HANDLE = bad('parameter "handle" has an invalid value\ncaused by: invalid handle');
const wrongHandle = (kind: string) =>
  bad(`parameter "handle" has an invalid value\ncaused by: handle is not for ${kind}`);
const WRONG_MECHANISM = bad(
  'parameter "mechanism" has an invalid value\ncaused by: mechanism cannot be used with this key type',
);

for (const version of VERSIONS) {
  Deno.test(`every operation works with api-version ${version}`, async () => {
    await using service = await Service.start(version);
    const keyBytes = new Uint8Array(32).fill(7);
    const key = await service.handle("POST", "/key", {
      keyId: "pump-1",
      usage: "derive,sign",
      keyBytes: keyBytes.toBase64(),
    });
    await service.handle("POST", "/key", { keyId: "fresh", usage: "encrypt" });
    await service.handle("GET", "/key/pump-1");

    const sign = (keyHandle: string) =>
      service.call("POST", "/sign", {
        keyHandle,
        algorithm: "HMAC-SHA256",
        parameters: { message: btoa("open") },
      });
    const signature = createHmac("sha256", keyBytes).update("open").digest("base64");
    assert.deepEqual(await sign(key), { status: 200, body: { signature } });

    const derived = await service.handle("POST", "/derivedkey", {
      baseKeyHandle: key,
      derivationData: btoa("m1:g1:primary"),
    });
    const exported = createHmac("sha256", keyBytes).update("m1:g1:primary").digest();
    assert.deepEqual(
      await service.call("POST", "/derivedkey/export", { keyHandle: derived }),
      { status: 200, body: { key: exported.toString("base64") } },
    );
    const derivedSignature = createHmac("sha256", exported).update("open").digest("base64");
    assert.deepEqual(await sign(derived), {
      status: 200,
      body: { signature: derivedSignature },
    });

    for (const keyHandle of [key, derived]) {
      const aead = { keyHandle, algorithm: "AEAD", parameters: { iv: "AQID", aad: btoa("valve") } };
      const { body } = await service.call("POST", "/encrypt", {
        ...aead,
        plaintext: btoa("open 40%"),
      });
      assert.deepEqual(await service.call("POST", "/decrypt", { ...aead, ...body }), {
        status: 200,
        body: { plaintext: btoa("open 40%") },
      });
    }

    const pair = await service.handle("POST", "/keypair", {
      keyId: "pair-1",
      preferredAlgorithms: "ec-p256",
    });
    await service.handle("GET", "/keypair/pair-1");
    assert.deepEqual(await service.call("POST", "/parameters/algorithm", { keyHandle: pair }), {
      status: 200,
      body: { value: "ECDSA" },
    });
    assert.equal((await service.call("POST", "/keypair/pair-2", { from: "pair-1" })).status, 204);
    assert.deepEqual(await service.call("GET", "/keypair/pair-1"), NOT_FOUND);
    const moved = await service.handle("GET", "/keypair/pair-2");
    for (let times = 0; times < 2; times++) {
      assert.equal((await service.call("DELETE", "/keypair", { keyHandle: moved })).status, 204);
      assert.equal((await service.call("DELETE", "/key", { keyHandle: key })).status, 204);
    }
    assert.deepEqual(await sign(key), NOT_FOUND);
  });
}

Deno.test("what is signed, encrypted and decrypted may have 4 MiB, everything else the default", async () => {
  await using service = await Service.start();
  for (const { path, methods } of service.routes) {
    const isLarge = /sign|encrypt|decrypt/.test(path.source);
    for (const action of Object.values(methods)) {
      assert.equal(action.maxBody, isLarge ? 4 * 1024 * 1024 : undefined, path.source);
    }
  }
});

Deno.test("a caller may ask for the ids that a principal of its uid names, and no others", async () => {
  await using service = await Service.start();
  const rows: [method: string, path: string, id: string, body?: unknown][] = [
    ["POST", "/key", "q", { keyId: "q", usage: "sign" }],
    ["GET", "/key/q", "q"],
    ["POST", "/keypair", "q", { keyId: "q" }],
    ["GET", "/keypair/q", "q"],
    ["POST", "/keypair/pump-1", "q", { from: "q" }],
    ["POST", "/keypair/q", "q", { from: "pump-1" }],
  ];
  for (const [method, path, id, body] of rows) {
    assert.deepEqual(
      await service.call(method, path, body, PUMP),
      unauthorized(PUMP.uid, id),
      `${method} ${path}`,
    );
  }
  const mine = { keyId: "pump-é", usage: "sign" };
  assert.equal((await service.call("POST", "/key", mine, PUMP)).status, 200);
  assert.deepEqual(
    await service.call("POST", "/key", mine, STRANGER),
    unauthorized(STRANGER.uid, "pump-é"),
  );
  service.principals = [{ uid: STRANGER.uid, keys: ["*"] }];
  assert.equal((await service.call("POST", "/key", mine, STRANGER)).status, 200);
  assert.equal((await service.call("POST", "/key", mine, PUMP)).status, 401);
});

Deno.test("whoever holds a handle may use and delete its key", async () => {
  await using service = await Service.start();
  const keyHandle = await service.handle("POST", "/key", { keyId: "x", usage: "sign" });
  const body = { keyHandle, algorithm: "HMAC-SHA256", parameters: { message: "" } };
  assert.equal((await service.call("POST", "/sign", body, STRANGER)).status, 200);
  const derive = { baseKeyHandle: keyHandle, derivationData: "AQ==" };
  assert.equal((await service.call("POST", "/derivedkey", derive, STRANGER)).status, 200);
  assert.equal((await service.call("DELETE", "/key", { keyHandle }, STRANGER)).status, 204);
});

Deno.test("the checks of a move come in their order", async () => {
  await using service = await Service.start();
  const move = (path: string, from: string, peer = STRANGER) =>
    service.call("POST", path, { from }, peer);
  const identical = bad("source and destination for move are identical");
  const reserved = bad('parameter "id" has an invalid value');

  assert.deepEqual(await move("/keypair/a", "a"), identical);
  assert.deepEqual(await move("/key/a", "a"), identical);
  assert.deepEqual(await move("/key/a", "b"), bad('invalid type "key"'));
  assert.deepEqual(await move("/keypair/handle-validation-key", "a"), reserved);
  assert.deepEqual(await move("/keypair/a", "handle-validation-key"), reserved);
  assert.deepEqual(await move("/keypair/a", "b"), unauthorized(STRANGER.uid, "b"));
  assert.deepEqual(await move("/keypair/a", "pump-1", PUMP), unauthorized(PUMP.uid, "a"));
  assert.deepEqual(
    await move("/keypair/a", "", ROOT),
    bad('parameter "from" has an invalid value\ncaused by: a key id must not be empty'),
  );
  assert.deepEqual(
    await move("/keypair/a%00", "b\0", ROOT),
    bad(
      'parameter "from" has an invalid value\ncaused by: nul byte found in provided data at position: 1',
    ),
  );
  assert.deepEqual(
    await move("/keypair/a%00", "b", ROOT),
    bad(
      'parameter "to" has an invalid value\ncaused by: nul byte found in provided data at position: 1',
    ),
  );
  const missing = await move("/keypair/a", "b", ROOT);
  assert.equal(missing.status, 500);
  assert.equal(missing.body?.message, "internal error");
});

Deno.test("the key that signs the handles is nobody's", async () => {
  await using service = await Service.start();
  const key = await service.handle("POST", "/key", { keyId: "x", usage: "sign" });
  service.principals = [{ uid: PUMP.uid, keys: ["*"] }];
  const id = "handle-validation-key";
  const refused = bad('parameter "id" has an invalid value');
  for (const peer of [ROOT, PUMP, STRANGER]) {
    assert.deepEqual(await service.call("GET", `/key/${id}`, undefined, peer), refused);
    assert.deepEqual(await service.call("GET", `/keypair/${id}`, undefined, peer), refused);
    assert.deepEqual(await service.call("POST", "/keypair", { keyId: id }, peer), refused);
    const body = { keyId: id, usage: "sign" };
    assert.deepEqual(await service.call("POST", "/key", body, peer), refused);
    assert.deepEqual(
      await service.call("POST", "/key", { ...body, keyBytes: "AA==" }, peer),
      refused,
    );
  }
  assert.equal((await service.call("DELETE", "/key", { keyHandle: key })).status, 204);
});

Deno.test("a handle is good for its kind of key only", async () => {
  await using service = await Service.start();
  const key = await service.handle("POST", "/key", { keyId: "k", usage: "sign" });
  const pair = await service.handle("POST", "/keypair", { keyId: "p" });
  const derived = await service.handle("POST", "/derivedkey", {
    baseKeyHandle: key,
    derivationData: "AQ==",
  });
  const derive = (baseKeyHandle: string) =>
    service.call("POST", "/derivedkey", { baseKeyHandle, derivationData: "AQ==" });
  assert.deepEqual(
    await derive(derived),
    bad(
      'parameter "handle" has an invalid value\n' +
        "caused by: nested derived keys are not supported, import the outer derived key first",
    ),
  );
  assert.deepEqual(await derive(pair), wrongHandle("a key"));

  for (const keyHandle of [pair, derived]) {
    assert.deepEqual(await service.call("DELETE", "/key", { keyHandle }), wrongHandle("a key"));
  }
  for (const keyHandle of [key, derived]) {
    for (
      const [method, path] of [["DELETE", "/keypair"], ["POST", "/parameters/algorithm"]] as const
    ) {
      assert.deepEqual(await service.call(method, path, { keyHandle }), wrongHandle("a key pair"));
    }
  }
  for (const keyHandle of [key, pair]) {
    assert.deepEqual(
      await service.call("POST", "/derivedkey/export", { keyHandle }),
      wrongHandle("a derived key"),
    );
  }

  const input = { plaintext: "", ciphertext: "" };
  const aead = { algorithm: "AEAD", parameters: { iv: "AQ==", aad: "" }, ...input };
  const rsa = { algorithm: "RSA-PKCS1", ...input };
  const ecdsa = { algorithm: "ECDSA", parameters: { digest: "AQ==" } };
  const hmac = { algorithm: "HMAC-SHA256", parameters: { message: "" } };
  const rows: [path: string, body: object, handles: string[]][] = [
    ["/sign", ecdsa, [key, derived]],
    ["/sign", hmac, [pair]],
    ["/encrypt", aead, [pair]],
    ["/encrypt", rsa, [key, derived]],
    ["/decrypt", aead, [pair]],
    ["/decrypt", rsa, [key, derived, pair]],
  ];
  for (const [path, body, handles] of rows) {
    for (const keyHandle of handles) {
      assert.deepEqual(await service.call("POST", path, { keyHandle, ...body }), WRONG_MECHANISM);
    }
  }
});

Deno.test("a forged handle is refused wherever a handle is taken", async () => {
  await using service = await Service.start();
  const genuine = await service.handle("POST", "/key", { keyId: "k", usage: "sign" });
  const other = await service.handle("POST", "/key", { keyId: "l", usage: "sign" });
  const forged = `${genuine.split("&")[0]}&${other.split("&")[1]}`;
  const rows: [method: string, path: string, body: object][] = [
    ["DELETE", "/key", { keyHandle: forged }],
    ["DELETE", "/keypair", { keyHandle: forged }],
    ["POST", "/parameters/foo", { keyHandle: forged }],
    ["POST", "/derivedkey", { baseKeyHandle: forged, derivationData: "" }],
    ["POST", "/derivedkey/export", { keyHandle: forged }],
    ["POST", "/sign", { keyHandle: forged, algorithm: "ECDSA", parameters: { digest: "" } }],
    ["POST", "/encrypt", { keyHandle: forged, algorithm: "RSA-PKCS1", plaintext: "" }],
    ["POST", "/decrypt", { keyHandle: forged, algorithm: "RSA-PKCS1", ciphertext: "" }],
  ];
  for (const [method, path, body] of rows) {
    assert.deepEqual(await service.call(method, path, body), INVALID_HANDLE, path);
  }
  assert.equal((await service.call("DELETE", "/key", { keyHandle: genuine })).status, 204);
});

Deno.test("a file that is no key is a failure with a reason in the log only", async () => {
  await using service = await Service.start();
  await service.handle("POST", "/key", { keyId: "sym", usage: "sign" });
  const answer = await service.call("GET", "/keypair/sym");
  assert.equal(answer.status, 500);
  assert.deepEqual(Object.keys(answer.body ?? {}), ["message", "correlationId"]);
  assert.equal(answer.body?.message, "internal error");
  const log = service.log.join("");
  assert.match(log, new RegExp(`!!! internal error .*${answer.body?.correlationId}`));
  assert.match(log, /!!! caused by: could not load key pair\n/);
  assert.match(log, /!!! caused by: could not load key pair: AZIOT_KEYS_RC_ERR_EXTERNAL\n/);
});

Deno.test("each operation leaves one line in the audit trail, and no secret at any level", async () => {
  await using service = await Service.start();
  const keyBytes = "c2VjcmV0IGtleSBieXRlcyE=";
  const keyHandle = await service.handle("POST", "/key", { keyId: "k", usage: "sign", keyBytes });
  const derived = await service.handle("POST", "/derivedkey", {
    baseKeyHandle: keyHandle,
    derivationData: "AQ==",
  });
  const signed = {
    keyHandle,
    algorithm: "HMAC-SHA256",
    parameters: { message: btoa("secret text") },
  };
  await service.call("POST", "/sign", signed, STRANGER);
  await service.call("POST", "/derivedkey/export", { keyHandle: derived });
  await service.call("GET", "/key/k", undefined, STRANGER);
  await service.call("GET", "/keypair/k");
  await service.call("DELETE", "/key", { keyHandle: `${keyHandle}x` });
  await service.call("POST", "/keypair/b", { from: "a" });
  await service.call("DELETE", "/key", { keyHandle }, STRANGER);

  const audit = service.log.filter((line) => line.includes(" - audit: "))
    .map((line) => line.trimEnd().replace(/^.* - audit: /, ""));
  assert.deepEqual(audit, [
    'uid 0 pid 1 import key "k": ok',
    'uid 0 pid 1 derive from key "k": ok',
    'uid 1078 pid 78 sign HMAC-SHA256 "k": ok',
    'uid 0 pid 1 export key "k" (derived): ok',
    'uid 1078 pid 78 load key "k": refused',
    'uid 0 pid 1 load key pair "k": failed',
    "uid 0 pid 1 delete key unknown key: invalid",
    'uid 0 pid 1 move key pair "a" to "b": failed',
    'uid 1078 pid 78 delete key "k": ok',
  ]);
  const log = service.log.join("");
  for (
    const secret of [
      keyHandle,
      keyHandle.split("sig=")[1] ?? "",
      keyBytes,
      btoa("secret text"),
      "secret",
    ]
  ) {
    assert.ok(!log.includes(secret), secret);
  }
});
