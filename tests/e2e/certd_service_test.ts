// SPDX-License-Identifier: MIT

/** The Certificates Service as its callers see it, each of another user where that matters. */

import assert from "node:assert/strict";
import { certificatesClient } from "../../services/certd/client.ts";
import { RemoteError } from "../../services/http/unix_client.ts";
import { type Certd, logged, startCertd } from "./certd_daemon.ts";
import { textOf, vector } from "./keyd_replay.ts";
import { connect, connectAs, exchange, rawRequest, type RawResponse } from "./raw_http.ts";

const isRoot = Deno.uid() === 0;

const LEAF = await Deno.readTextFile(vector("certd-storage", "leaf.cert.pem"));
const OTHER = await Deno.readTextFile(vector("certd-storage", "leaf2.cert.pem"));

const LINE = 53_000;
const STRANGER = 53_001;

/** One request of a user; absent: of this process. */
async function ask(
  { socket }: Certd,
  request: string,
  options: { uid?: number; body?: unknown; contentType?: string } = {},
): Promise<RawResponse> {
  const { uid, body, contentType = "application/json" } = options;
  const [method = "", path = ""] = request.split(" ");
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const headers: [string, string][] = body === undefined ? [] : [
    ["content-type", contentType],
    ["content-length", `${new TextEncoder().encode(text).length}`],
  ];
  return await exchange(
    socket,
    rawRequest(method, `${path}?api-version=2020-09-01`, headers, text),
    { ...uid === undefined ? {} : { uid }, toHead: method === "HEAD" },
  );
}

const messageOf = (answer: RawResponse): string => JSON.parse(textOf(answer)).message;

Deno.test("another program stores, reads and deletes certificates of any id", async () => {
  // Root, or a user with a principal.
  await using certd = await startCertd({
    config: () => `[[principal]]\nuid = ${Deno.uid()}\ncerts = ["*"]\n`,
  });
  using certificates = certificatesClient({ socket: certd.socket });
  for (const id of ["pump-3", "aziot-edged/module/hub:42:server", "été 1", "100%2F", "..", "$x"]) {
    await assert.rejects(certificates.getCertificate(id), (error: unknown) => {
      assert.ok(error instanceof RemoteError);
      assert.equal(error.status, 400);
      assert.match(error.message, /caused by: not found$/);
      return true;
    });
    await certificates.importCertificate(id, LEAF);
    assert.equal(await certificates.getCertificate(id), LEAF);
    await certificates.importCertificate(id, OTHER);
    assert.equal(await certificates.getCertificate(id), OTHER);
    await certificates.deleteCertificate(id);
    await certificates.deleteCertificate(id);
  }
  await assert.rejects(
    certificates.createCertificate("pump-3", "csr"),
    /no issuance method is configured for the cert pump-3/,
  );
});

Deno.test("only root and the principals of an id may change it, everybody may read it", {
  ignore: !isRoot,
}, async () => {
  await using certd = await startCertd({
    config: () => `[[principal]]\nuid = ${LINE}\ncerts = ["line-*", "m?d"]\n`,
  });
  const body = { pem: LEAF };
  const rows: [id: string, allowed: boolean][] = [
    ["line-", true],
    ["line-a%2Fb", true],
    ["m%C3%A9d", true],
    ["mood", false],
    ["line", false],
  ];
  for (const [id, allowed] of rows) {
    const path = `/certificates/${id}`;
    const decoded = decodeURIComponent(id);
    for (const uid of [LINE, STRANGER]) {
      const may = allowed && uid === LINE;
      const refused = `user ${uid} is not authorized to modify the cert ${decoded}`;
      const create = { certId: decoded, csr: "x" };
      const answers = [
        await ask(certd, `PUT ${path}`, { uid, body }),
        await ask(certd, `DELETE ${path}`, { uid }),
        await ask(certd, "POST /certificates", { uid, body: create }),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        may ? [201, 204, 500] : [401, 401, 401],
      );
      if (!may) assert.deepEqual(answers.map(messageOf), [refused, refused, refused]);
    }
    assert.equal((await ask(certd, `PUT ${path}`, { body })).status, 201);
    assert.equal((await ask(certd, `GET ${path}`, { uid: STRANGER })).status, 200);
    assert.equal((await ask(certd, `DELETE ${path}`)).status, 204);
  }
});

Deno.test("bundles of every odd kind are valid PEM or not there", async () => {
  await using certd = await startCertd({
    config: (dir) =>
      `[preloaded_certs]
root = "file://${dir}/var/secrets/aziot/root.pem"
all = ["root", "missing", "nested", "root"]
nested = ["root", "all"]
loop = ["loop"]
absent = ["missing", "loop"]
`,
  });
  await Deno.writeTextFile(`${certd.dir}/var/secrets/aziot/root.pem`, LEAF.trimEnd());
  const rows: [id: string, times: number][] = [
    ["root", 1],
    ["all", 3],
    ["nested", 3],
    ["loop", 0],
    ["absent", 0],
  ];
  for (const [id, times] of rows) {
    const answer = await ask(certd, `GET /certificates/${id}`);
    if (times === 0) {
      assert.equal(answer.status, 400);
      continue;
    }
    assert.equal(answer.status, 200);
    const { pem } = JSON.parse(textOf(answer));
    assert.equal(pem, Array(times).fill(LEAF.trimEnd()).join("\n"));
    assert.equal(await countedByOpenssl(pem), times);
  }
  await logged(certd, /<4>.*the bundle "loop" contains itself and is skipped/);
});

/** How many certificates the tool in the field finds in a PEM text. */
async function countedByOpenssl(pem: string): Promise<number> {
  const child = new Deno.Command("openssl", {
    args: ["storeutl", "-noout", "-certs", "/dev/stdin"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(pem));
  await writer.close();
  const { stdout } = await child.output();
  return Number(/Total found: (\d+)/.exec(new TextDecoder().decode(stdout))?.[1]);
}

Deno.test("a stored file that is no text is an error for one caller alone", async () => {
  await using certd = await startCertd({ home: vector("certd-storage", "home") });
  const [file] = [...Deno.readDirSync(`${certd.home}/certs`)].filter(({ name }) =>
    name.startsWith("nonl-")
  );
  assert.equal((await ask(certd, "GET /certificates/nonl")).status, 200);
  await Deno.writeFile(`${certd.home}/certs/${file?.name}`, Uint8Array.of(0xff, 0xfe));
  await using connection = await connect(certd.socket);
  for (const [id, status] of [["nonl", 500], ["stored-x", 200], ["nonl", 500]] as const) {
    await connection.send(rawRequest("GET", `/certificates/${id}?api-version=2020-09-01`));
    assert.equal((await connection.receive())?.status, status);
  }
  await logged(certd, /<3>.*caused by: could not read .*: the file is not UTF-8/);
});

Deno.test("requests that make no sense get the answers that callers know", async () => {
  await using certd = await startCertd();
  const text = { body: "{}", contentType: "text/plain" };
  const rows: [request: string, options: Parameters<typeof ask>[2], status: number][] = [
    ["PUT /certificates/x", {}, 422],
    ["PUT /certificates/x", { body: "" }, 422],
    ["PUT /certificates/x", text, 415],
    ["PUT /certificates", text, 415],
    ["HEAD /certificates/x", {}, 400],
    ["PATCH /certificates/x", {}, 400],
    ["HEAD /certificates", {}, 400],
    ["PATCH /certificates", {}, 400],
    ["POST /certificates/x", {}, 400],
    ["DELETE /certificates/x", { body: "{" }, 422],
    ["DELETE /certificates/x/", {}, 404],
    ["PUT /certificates/x", { body: { pem: "x".repeat(1024 * 1024) } }, 413],
  ];
  for (const [request, options, status] of rows) {
    const answer = await ask(certd, request, options);
    assert.equal(answer.status, status, request);
    if (request.startsWith("POST")) assert.equal(messageOf(answer), "method not allowed");
  }
});

Deno.test("forty callers at once may read the largest file there can be", async () => {
  await using certd = await startCertd({
    config: (dir) => `[preloaded_certs]\nlarge = "file://${dir}/var/secrets/aziot/large.pem"\n`,
  });
  const pem = LEAF + "x".repeat(1024 * 1024 - LEAF.length);
  await Deno.writeTextFile(`${certd.dir}/var/secrets/aziot/large.pem`, pem);
  const answers = await Promise.all(
    Array.from({ length: 40 }, () => ask(certd, "GET /certificates/large")),
  );
  for (const answer of answers) assert.equal(JSON.parse(textOf(answer)).pem, pem);
  await Deno.writeTextFile(`${certd.dir}/var/secrets/aziot/large.pem`, `${pem}x`);
  assert.equal((await ask(certd, "GET /certificates/large")).status, 500);
  await logged(certd, /caused by: could not read .*large\.pem: the file has 1048577 bytes, more/);
});

Deno.test("the eleventh connection of a user is closed, another user's is served", {
  ignore: !isRoot,
}, async () => {
  await using certd = await startCertd({ maxRequests: null });
  const request = rawRequest("GET", "/certificates/none?api-version=2020-09-01");
  await using stack = new AsyncDisposableStack();
  for (let count = 0; count < 10; count++) {
    const connection = stack.use(await connect(certd.socket));
    await connection.send(request);
    assert.equal((await connection.receive())?.status, 400);
  }
  await using eleventh = await connect(certd.socket);
  assert.equal((await eleventh.rest()).length, 0);
  await using other = connectAs(STRANGER, certd.socket);
  await other.send(request);
  assert.equal((await other.receive())?.status, 400);
});

Deno.test("preloaded files outside its directories the service neither reads nor writes", async () => {
  const outside = await Deno.makeTempFile({ prefix: "aziot-outside-" });
  try {
    await Deno.writeTextFile(outside, LEAF);
    await using certd = await startCertd({
      config: (dir) =>
        `[preloaded_certs]
outside = "file://${outside}"
readable = "file://${dir}/etc/aziot/certd/readable.pem"
[[principal]]
uid = ${Deno.uid()}
certs = ["*"]
`,
    });
    const readable = `${certd.dir}/etc/aziot/certd/readable.pem`;
    await Deno.writeTextFile(readable, LEAF);
    assert.equal((await ask(certd, "GET /certificates/readable")).status, 200);
    for (
      const [request, path, doing] of [
        ["GET /certificates/outside", outside, "read"],
        ["PUT /certificates/outside", outside, "write"],
        ["DELETE /certificates/outside", outside, "remove"],
        ["PUT /certificates/readable", readable, "write"],
        ["DELETE /certificates/readable", readable, "remove"],
      ] as const
    ) {
      const body = request.startsWith("PUT") ? { body: { pem: OTHER } } : {};
      assert.equal((await ask(certd, request, body)).status, 500, request);
      const cause = RegExp.escape(`could not ${doing} ${path}: it lies outside the directories`);
      await logged(certd, new RegExp(cause));
      assert.equal(await Deno.readTextFile(path), LEAF);
    }
  } finally {
    await Deno.remove(outside);
  }
});

Deno.test("a link among the preloaded files leads no request into the service's own files", async () => {
  await using certd = await startCertd({
    config: (dir) =>
      ["config", "stored", "directory", "inside"].map((id) =>
        `preloaded_certs.${id} = "file://${dir}/var/secrets/aziot/${id}${
          id === "directory" ? "/config.toml" : ".pem"
        }"\n`
      ).join("") + `[[principal]]\nuid = ${Deno.uid()}\ncerts = ["*"]\n`,
  });
  const secrets = `${certd.dir}/var/secrets/aziot`;
  const config = `${certd.dir}/etc/aziot/certd/config.toml`;
  assert.equal((await ask(certd, "PUT /certificates/pump", { body: { pem: LEAF } })).status, 201);
  const [entry] = [...Deno.readDirSync(`${certd.home}/certs`)];
  assert.ok(entry);
  const file = `${certd.home}/certs/${entry.name}`;
  const before = await Deno.readTextFile(config);
  await Deno.symlink(file, `${secrets}/stored.pem`);
  await Deno.symlink(config, `${secrets}/config.pem`);
  await Deno.symlink(`${certd.dir}/etc/aziot/certd`, `${secrets}/directory`);
  await Deno.writeTextFile(`${secrets}/real.pem`, LEAF);
  await Deno.symlink("real.pem", `${secrets}/inside.pem`);

  for (const id of ["stored", "config", "directory"]) {
    assert.equal((await ask(certd, `GET /certificates/${id}`)).status, 500, id);
    const put = await ask(certd, `PUT /certificates/${id}`, { body: { pem: OTHER } });
    assert.equal(put.status, 500, id);
    for (const doing of ["read", "write"]) {
      await logged(certd, new RegExp(`could not ${doing} .*/${id}[^:]*: a link on the way leads`));
    }
  }
  assert.equal((await ask(certd, "DELETE /certificates/directory")).status, 500);
  assert.equal(await Deno.readTextFile(file), LEAF);
  assert.equal(await Deno.readTextFile(config), before);
  assert.equal(JSON.parse(textOf(await ask(certd, "GET /certificates/pump"))).pem, LEAF);

  const put = await ask(certd, "PUT /certificates/inside", { body: { pem: OTHER } });
  assert.equal(put.status, 201);
  assert.equal(await Deno.readTextFile(`${secrets}/real.pem`), OTHER);
  assert.equal(JSON.parse(textOf(await ask(certd, "GET /certificates/inside"))).pem, OTHER);
});
