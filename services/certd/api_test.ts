// SPDX-License-Identifier: MIT

/** The API on files of its own, without a socket. */

import assert from "node:assert/strict";
import * as v from "valibot";
import { BodyReader } from "../http/body.ts";
import { Dispatcher } from "../http/dispatch.ts";
import { Exchange } from "../http/exchange.ts";
import { createLog } from "../log/log.ts";
import { routes, VERSIONS } from "./api.ts";
import { type Config, configSchema } from "./config.ts";
import { certificateFileName } from "./file_name.ts";
import { Operations } from "./operations.ts";
import { Store } from "./store.ts";
import { contentOf, run } from "./test_directory.ts";
import { CERTIFICATE, REQUEST } from "./test_pem.ts";

const ROOT = { pid: 1, uid: 0, gid: 0 };
const LINE = { pid: 77, uid: 1077, gid: 1077 };
const STRANGER = { pid: 78, uid: 1078, gid: 1078 };

interface Answer {
  status: number;
  body: Record<string, unknown> | undefined;
}

/** A service on a directory of its own. */
class Service implements AsyncDisposable {
  readonly log: string[] = [];
  config: Config;
  readonly #bodies = new BodyReader(5000);
  readonly #dispatcher: Dispatcher;

  private constructor(readonly dir: string, document: object) {
    this.config = this.parse(document);
    const log = createLog("certd", "trace", {
      write: (bytes) => void this.log.push(new TextDecoder().decode(bytes)),
      now: () => new Date(),
    });
    const store = new Store({
      directory: `${dir}/certs`,
      own: [`${dir}/certs`],
      places: () => this.config.preloaded_certs,
      log,
    });
    this.#dispatcher = new Dispatcher({
      versions: VERSIONS,
      routes: routes(new Operations(store, () => this.config)),
      log,
      bodies: this.#bodies,
    });
  }

  static async start(document: (dir: string) => object = () => ({})): Promise<Service> {
    const dir = await Deno.makeTempDir({ prefix: "aziot-certd-" });
    return new Service(dir, document(dir));
  }

  parse(document: object): Config {
    return v.parse(configSchema, { homedir_path: this.dir, ...document });
  }

  async call(method: string, path: string, body?: unknown, peer = ROOT): Promise<Answer> {
    const request = new Request(`http://certd.sock${path}?api-version=2020-09-01`, {
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

  get(id: string, peer = STRANGER): Promise<Answer> {
    return this.call("GET", `/certificates/${encodeURIComponent(id)}`, undefined, peer);
  }

  put(id: string, pem: unknown, peer = ROOT): Promise<Answer> {
    return this.call("PUT", `/certificates/${encodeURIComponent(id)}`, { pem }, peer);
  }

  delete(id: string, peer = ROOT): Promise<Answer> {
    return this.call("DELETE", `/certificates/${encodeURIComponent(id)}`, undefined, peer);
  }

  async path(id: string): Promise<string> {
    return `${this.dir}/certs/${await certificateFileName(id)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bodies[Symbol.dispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}

const found = (pem: string): Answer => ({ status: 200, body: { pem } });
const stored = (pem: string): Answer => ({ status: 201, body: { pem } });
const deleted: Answer = { status: 204, body: undefined };
const notFound: Answer = {
  status: 400,
  body: { message: 'parameter "id" has an invalid value\ncaused by: not found' },
};
const unauthorized = (uid: number, id: string): Answer => ({
  status: 401,
  body: { message: `user ${uid} is not authorized to modify the cert ${id}` },
});

/** Asserts a 500 that tells nothing, and that the log tells this. */
function assertFailed(service: Service, answer: Answer, logged: RegExp): void {
  assert.equal(answer.status, 500);
  assert.equal(answer.body?.message, "internal error");
  assert.match(service.log.join(""), logged);
  service.log.length = 0;
}

Deno.test("a certificate is stored as it is, read by anybody, and deleted", async () => {
  await using service = await Service.start();
  for (const id of ["pump-3", "aziot-edged/module/hub:42:server", "été 1", "100%"]) {
    assert.deepEqual(await service.get(id), notFound);
    for (const pem of [CERTIFICATE, `ü\0${CERTIFICATE}x`, CERTIFICATE.trimEnd(), ""]) {
      assert.deepEqual(await service.put(id, pem), stored(pem));
      assert.deepEqual(await service.get(id), found(pem));
      assert.equal(contentOf(await service.path(id)), pem);
    }
    assert.deepEqual(await service.delete(id), deleted);
    assert.deepEqual(await service.get(id), notFound);
    assert.deepEqual(await service.delete(id), deleted);
  }
  const { mode } = await Deno.stat(`${service.dir}/certs`);
  assert.equal((mode ?? 0) & 0o777, 0o700);
});

Deno.test("a text without a certificate is refused and replaces nothing", async () => {
  await using service = await Service.start();
  await service.put("a", CERTIFICATE);
  for (const pem of ["x", REQUEST, CERTIFICATE.replace("MII", "M!I"), "\n"]) {
    assert.deepEqual(await service.put("a", pem), {
      status: 400,
      body: {
        message:
          'parameter "pem" has an invalid value\ncaused by: no certificate in it can be read',
      },
    });
  }
  assert.deepEqual(await service.get("a"), found(CERTIFICATE));
  for (const pem of [null, 5, [CERTIFICATE], undefined]) {
    assert.equal((await service.put("a", pem)).status, 422);
  }
});

Deno.test("an id that makes too long a file name is refused", async () => {
  await using service = await Service.start();
  const id = "y".repeat(187);
  const refused = {
    status: 400,
    body: {
      message: 'parameter "id" has an invalid value\ncaused by: more than 186 letters and digits',
    },
  };
  assert.deepEqual(await service.get(id), refused);
  assert.deepEqual(await service.put(id, CERTIFICATE), refused);
  assert.deepEqual(await service.delete(id), refused);
  assert.deepEqual(await service.put("y".repeat(186), CERTIFICATE), stored(CERTIFICATE));
});

Deno.test("only a principal of the caller's uid lets it change a certificate", async () => {
  await using service = await Service.start(() => ({
    principal: [{ uid: LINE.uid, certs: ["line-*"] }],
  }));
  assert.deepEqual(await service.put("line-1", CERTIFICATE, LINE), stored(CERTIFICATE));
  assert.deepEqual(await service.get("line-1"), found(CERTIFICATE));
  assert.deepEqual(await service.delete("line-1", LINE), deleted);

  const create = (certId: string, peer: typeof LINE) =>
    service.call("POST", "/certificates", { certId, csr: REQUEST }, peer);
  const rows: [peer: typeof LINE, id: string][] = [[LINE, "other"], [STRANGER, "line-1"]];
  for (const [peer, id] of rows) {
    assert.deepEqual(await service.put(id, "no PEM", peer), unauthorized(peer.uid, id));
    assert.deepEqual(await service.delete(id, peer), unauthorized(peer.uid, id));
    assert.deepEqual(await create(id, peer), unauthorized(peer.uid, id));
    assert.deepEqual(await service.get(id, peer), notFound);
  }

  service.config = service.parse({ principal: [{ uid: STRANGER.uid, certs: ["line-1"] }] });
  assert.deepEqual(await service.put("line-1", CERTIFICATE, STRANGER), stored(CERTIFICATE));
  assert.deepEqual(await service.put("line-1", "", LINE), unauthorized(LINE.uid, "line-1"));
});

Deno.test("a certificate that no method is configured for cannot be issued", async () => {
  await using service = await Service.start(() => ({
    cert_issuance: { known: { method: "self_signed" } },
  }));
  const create = (body: unknown) => service.call("POST", "/certificates", body);
  const { status, body } = await create({ certId: "pump", csr: REQUEST, issuer: null });
  assert.equal(status, 500);
  assert.equal(body?.message, "no issuance method is configured for the cert pump");
  assert.match(service.log.join(""), /caused by: issuer is required for locally-issued certs/);
  service.log.length = 0;

  const issuer = { certId: "known", privateKeyHandle: "x" };
  for (const body of [{ certId: "known", csr: REQUEST }, { certId: "x", csr: REQUEST, issuer }]) {
    assertFailed(service, await create(body), /caused by: could not create cert/);
  }
  for (
    const body of [
      {},
      { certId: "x" },
      { csr: "x" },
      { certId: 1, csr: "x" },
      { certId: "x", csr: null },
      { certId: "x", csr: "x", issuer: "y" },
      { certId: "x", csr: "x", issuer: { certId: "y" } },
      [],
    ]
  ) {
    assert.equal((await create(body)).status, 422, JSON.stringify(body));
  }
});

Deno.test("a preloaded certificate is the user's file, and changes of it are warned about", async () => {
  await using service = await Service.start((dir) => ({
    preloaded_certs: { root: `file://${dir}/user/root.pem`, gone: `file://${dir}/none/root.pem` },
  }));
  const path = `${service.dir}/user/root.pem`;
  await Deno.mkdir(`${service.dir}/user`);
  await Deno.writeTextFile(path, "anything at all");
  assert.deepEqual(await service.get("root"), found("anything at all"));

  // A stored file of the same id is not seen.
  await Deno.mkdir(`${service.dir}/certs`);
  await Deno.writeTextFile(await service.path("root"), "shadowed");
  assert.deepEqual(await service.get("root"), found("anything at all"));

  assert.deepEqual(await service.put("root", CERTIFICATE), stored(CERTIFICATE));
  assert.equal(contentOf(path), CERTIFICATE);
  assert.match(
    service.log.join(""),
    /<4>.* a request writes the preloaded cert "root", the file \/.*\/user\/root\.pem/,
  );
  assert.deepEqual(await service.delete("root"), deleted);
  assert.equal(contentOf(path), undefined);
  assert.match(service.log.join(""), /a request deletes the preloaded cert "root"/);
  assert.deepEqual(await service.get("root"), notFound);
  assert.deepEqual(await service.put("root", CERTIFICATE), stored(CERTIFICATE));
  assert.equal(contentOf(path), CERTIFICATE);
  service.log.length = 0;
  assertFailed(service, await service.put("gone", CERTIFICATE), /could not write .*\/none\/root/);
});

Deno.test("ids without a file of their own can be neither written nor deleted", async () => {
  await using service = await Service.start((dir) => ({
    preloaded_certs: {
      web: "http://example.net/x",
      elsewhere: `file://otherhost${dir}/x`,
      all: ["a", "b"],
    },
  }));
  const rows: [id: string, cause: RegExp][] = [
    ["web", /preloaded cert "web" does not have a valid URI: unrecognized scheme "http"/],
    ["elsewhere", /preloaded cert "elsewhere" does not have a valid URI: not a valid path/],
    ["all", /preloaded cert "all" is a list of IDs, not a single URI/],
  ];
  for (const [id, cause] of rows) {
    assertFailed(service, await service.put(id, CERTIFICATE), cause);
    assertFailed(service, await service.delete(id), cause);
    if (id !== "all") assertFailed(service, await service.get(id), cause);
  }
});

Deno.test("a bundle is made of stored and preloaded certificates at the time it is read", async () => {
  await using service = await Service.start((dir) => ({
    preloaded_certs: {
      root: `file://${dir}/root.pem`,
      all: ["root", "stored", "missing", "more"],
      more: ["stored", "all"],
      bad: ["root", "directory"],
      directory: `file://${dir}/certs`,
    },
  }));
  assert.deepEqual(await service.get("all"), notFound);
  await service.put("stored", "");
  assert.deepEqual(await service.get("all"), notFound);
  await Deno.writeTextFile(`${service.dir}/root.pem`, CERTIFICATE.trimEnd());
  assert.deepEqual(await service.get("all"), found(CERTIFICATE.trimEnd()));
  await service.put("stored", CERTIFICATE);
  assert.deepEqual(await service.get("all"), found(CERTIFICATE.repeat(3)));
  assertFailed(service, await service.get("bad"), /certs: a directory is there/);
});

Deno.test("what stands where a certificate belongs is named, and nothing else suffers", async () => {
  await using service = await Service.start();
  await service.put("good", CERTIFICATE);
  const at = (id: string) => service.path(id);
  await Deno.mkdir(await at("directory"));
  run("mkfifo", await at("fifo"));
  await Deno.writeFile(await at("bytes"), Uint8Array.of(0xff, 0xfe));
  await Deno.symlink(await at("good"), await at("link"));
  for (const id of ["directory", "fifo"]) {
    const cause = new RegExp(`${id}-\\w+\\.cer: a (directory|FIFO) is there, not a regular file`);
    assertFailed(service, await service.get(id), cause);
    assertFailed(service, await service.put(id, CERTIFICATE), cause);
  }
  assertFailed(service, await service.delete("directory"), /directory-\w+\.cer: a directory is/);
  assertFailed(service, await service.get("bytes"), /bytes-\w+\.cer: the file is not UTF-8/);
  assert.deepEqual(await service.get("link"), found(CERTIFICATE));
  assert.deepEqual(await service.get("good"), found(CERTIFICATE));
  assert.deepEqual(await service.put("bytes", CERTIFICATE), stored(CERTIFICATE));
  assert.deepEqual(await service.get("bytes"), found(CERTIFICATE));
});

Deno.test("concurrent writes of one id leave the last one whole", async () => {
  await using service = await Service.start();
  const texts = Array.from({ length: 20 }, (_, index) => `${index}\n${CERTIFICATE}`);
  const answers = await Promise.all(texts.map((pem) => service.put("a", pem)));
  assert.deepEqual(answers, texts.map(stored));
  assert.deepEqual(await service.get("a"), found(texts.at(-1) ?? ""));
  const names = [...Deno.readDirSync(`${service.dir}/certs`)].map(({ name }) => name);
  assert.deepEqual(names, [await certificateFileName("a")]);
});
