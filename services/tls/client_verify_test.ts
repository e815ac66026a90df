// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../ffi/tls.ts";
import { createLog } from "../log/log.ts";
import { type Answer, client, TlsError } from "./client.ts";
import { authority, type Issued, selfSigned, type Wish } from "./test_authority.ts";
import { answering, tlsServer } from "./test_server.ts";

openTls();
const ca = await authority("Test Root");
const HOUR = 3_600_000;
const OK = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/** A client's lines of log, without time and priority. */
class Lines {
  readonly lines: string[] = [];
  readonly log = createLog("test", undefined, {
    write: (bytes) => {
      this.lines.push(new TextDecoder().decode(bytes).replace(/^<\d>\S+ /, "").trim());
    },
    now: () => new Date(),
  });
}

interface Attempt {
  host?: string;
  extra?: string;
  address?: string;
  lines?: Lines;
}

/** One request to a server with this certificate. */
async function visit(certificate: Issued, attempt: Attempt = {}): Promise<Answer> {
  const host = attempt.host ?? "localhost";
  const address = attempt.address ?? "127.0.0.1";
  await using server = tlsServer(certificate, answering(OK), address);
  using https = client({
    trust: { system: false, extra: attempt.extra ?? ca.pem },
    dial: (_host, port) => Deno.connect({ hostname: address, port }),
    log: attempt.lines?.log ?? new Lines().log,
  });
  return await https.request({
    method: "GET",
    url: `https://${host}:${server.port}/`,
    headers: {},
    timeouts: { connect: 10_000, handshake: 10_000, total: 30_000 },
    maxBody: 100,
  });
}

async function distrusted(certificate: Issued, attempt: Attempt, ...says: RegExp[]) {
  const lines = new Lines();
  await assert.rejects(visit(certificate, { ...attempt, lines }), (error) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.phase, "verify", error.message);
    for (const message of says) assert.match(error.message, message);
    // A wrong CA must not look like an outage: the reason stands in the log.
    assert.deepEqual(lines.lines, [`[ERR!] - ${error.message}`]);
    return true;
  });
}

async function accepted(wish: Wish, attempt: Attempt = {}) {
  assert.equal((await visit(await ca.issue(wish), attempt)).status, 200);
}

Deno.test("an expired certificate is refused, with its end and the clock", async () => {
  const notAfter = new Date("2021-03-04T05:06:07Z");
  const expired = await ca.issue({ notBefore: new Date(+notAfter - HOUR), notAfter });
  await distrusted(
    expired,
    {},
    /^the certificate of localhost:\d+ cannot be trusted: it \(subject "CN=localhost"\) expired at/,
    /expired at 2021-03-04T05:06:07Z, this machine's clock says 20\d\d-.*Z; check the clock first$/,
  );
});

Deno.test("a certificate of the future is refused, with its start and the clock", async () => {
  const notBefore = new Date("2091-03-04T05:06:07Z");
  const early = await ca.issue({ notBefore, notAfter: new Date(+notBefore + HOUR) });
  await distrusted(early, {}, /is valid from 2091-03-04T05:06:07Z on/, /check the clock first$/);
});

Deno.test("a certificate for another host is refused, with both names", async () => {
  const other = await ca.issue({
    names: [{ type: "dns", value: "hub.example" }, { type: "ip", value: "192.0.2.7" }],
  });
  await distrusted(
    other,
    {},
    /does not name localhost but DNS:hub\.example, IP:192\.0\.2\.7; check the configured host name/,
  );
});

Deno.test("a common name that is another host's is named", async () => {
  const other = await ca.issue({ commonName: "hub.example", names: [] });
  await distrusted(other, {}, /does not name localhost but only the subject "CN=hub.example"/);
});

Deno.test("a certificate of an unknown CA is refused, naming the CA and where to add it", async () => {
  const other = await authority("Other Root");
  await distrusted(
    await other.issue(),
    {},
    /the issuer "CN=Other Root" of "CN=localhost" is neither sent by the server nor in the trust/,
    /add the CA to the system's trust store \(update-ca-certificates\), or check SSL_CERT_FILE/,
  );
});

Deno.test("an unknown root that the server sends along is refused", async () => {
  const other = await authority("Other Root");
  const { cert, key } = await other.issue();
  await distrusted(
    { cert: `${cert}\n${other.pem}`, key },
    {},
    /its root "CN=Other Root" is not in the trust store/,
  );
});

Deno.test("a self-signed certificate is refused, and accepted once it is an anchor", async () => {
  const own = await selfSigned();
  await distrusted(own, {}, /\(subject "CN=localhost"\) is self-signed and not in the trust store/);
  assert.equal((await visit(own, { extra: own.cert })).status, 200);
});

Deno.test("an intermediate is needed, and taken from the server or from the anchors", async () => {
  const below = await ca.intermediate("Intermediate");
  const leaf = await below.issue();
  assert.equal((await visit(leaf)).status, 200);
  const [alone = ""] = leaf.cert.split(/(?<=-----END CERTIFICATE-----)/);
  const bare = { cert: alone, key: leaf.key };
  await distrusted(bare, {}, /the issuer "CN=Intermediate" of "CN=localhost" is neither sent/);
  assert.equal((await visit(bare, { extra: `${ca.pem}\n${below.pem}` })).status, 200);
  // Whatever the administrator names is an anchor, a root or not.
  assert.equal((await visit(bare, { extra: below.pem })).status, 200);
});

Deno.test("a certificate that is not meant for servers is refused", async () => {
  const clientAuth = "1.3.6.1.5.5.7.3.2";
  const serverAuth = "1.3.6.1.5.5.7.3.1";
  await distrusted(await ca.issue({ usage: [clientAuth] }), {}, /not meant for servers/);
  await accepted({ usage: [clientAuth, serverAuth] });
});

Deno.test("names are compared without regard to case or the root's dot", async () => {
  await accepted({ names: [{ type: "dns", value: "Hub.Example" }] }, { host: "hUB.example." });
});

Deno.test("a wildcard stands for one label", async () => {
  const wish: Wish = { names: [{ type: "dns", value: "*.hub.example" }] };
  await accepted(wish, { host: "a.hub.example" });
  await distrusted(await ca.issue(wish), { host: "a.b.hub.example" }, /does not name/);
  await distrusted(await ca.issue(wish), { host: "hub.example" }, /does not name hub.example/);
});

Deno.test("a host that is an IP address needs an alternative name of that kind", async () => {
  await accepted({ names: [{ type: "ip", value: "127.0.0.1" }] }, { host: "127.0.0.1" });
  const asText = await ca.issue({
    commonName: "127.0.0.1",
    names: [{ type: "dns", value: "127.0.0.1" }],
  });
  await distrusted(asText, { host: "127.0.0.1" }, /does not name 127.0.0.1 but DNS:127.0.0.1/);
});

Deno.test("an IPv6 host is connected to and verified", async () => {
  const wish: Wish = { names: [{ type: "ip", value: "::1" }] };
  await accepted(wish, { host: "[::1]", address: "::1" });
});

Deno.test("a certificate that names its host as common name only is accepted with a warning", async () => {
  const lines = new Lines();
  const old = await ca.issue({ commonName: "localhost", names: [] });
  assert.equal((await visit(old, { lines })).status, 200);
  assert.equal(lines.lines.length, 1);
  assert.match(
    lines.lines[0] ?? "",
    /^\[WARN\] - .*localhost:\d+ names it in the common name only/,
  );
});

Deno.test("after a refusal the anchors are read anew", async () => {
  // The system's store cannot be changed here, so a file stands for it in a process of its own.
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/ca.pem`, (await authority("Other Root")).pem);
    await using server = tlsServer(await ca.issue(), answering(OK));
    const script = `
      import { client } from ${JSON.stringify(import.meta.resolve("./client.ts"))};
      const https = client({ trust: { system: true } });
      const visit = () => https.request({ method: "GET", url: "https://localhost:${server.port}/",
        headers: {}, timeouts: { connect: 9e3, handshake: 9e3, total: 9e3 }, maxBody: 9 })
        .then(({ status }) => status, ({ phase }) => phase);
      const first = await visit();
      Deno.writeTextFileSync(Deno.env.get("SSL_CERT_FILE"), ${JSON.stringify(ca.pem)});
      console.log(first, await visit());`;
    assert.equal(await runWith({ SSL_CERT_FILE: `${directory}/ca.pem` }, script), "verify 200");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("SSL_CERT_FILE and SSL_CERT_DIR name the system's store, each its half", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/ca.pem`, ca.pem);
    await Deno.mkdir(`${directory}/hashed`);
    await Deno.copyFile(`${directory}/ca.pem`, `${directory}/hashed/ca.pem`);
    await new Deno.Command("openssl", { args: ["rehash", `${directory}/hashed`] }).output();
    await using server = tlsServer(await ca.issue(), answering(OK));
    const script = `
      import { client } from ${JSON.stringify(import.meta.resolve("./client.ts"))};
      const visit = (system) => client({ trust: { system } }).request({ method: "GET",
        url: "https://localhost:${server.port}/", headers: {},
        timeouts: { connect: 9e3, handshake: 9e3, total: 9e3 }, maxBody: 9 })
        .then(({ status }) => status, ({ phase }) => phase);
      console.log(await visit(true), await visit(false));`;
    const none = `${directory}/none`;
    const cases: [environment: Record<string, string>, expected: string][] = [
      [{ SSL_CERT_FILE: `${directory}/ca.pem`, SSL_CERT_DIR: none }, "200 verify"],
      [{ SSL_CERT_FILE: none, SSL_CERT_DIR: `${directory}/hashed` }, "200 verify"],
      [{ SSL_CERT_FILE: none, SSL_CERT_DIR: `${none}:${directory}/hashed` }, "200 verify"],
      [{ SSL_CERT_FILE: none, SSL_CERT_DIR: none }, "verify verify"],
    ];
    for (const [environment, expected] of cases) {
      assert.equal(await runWith(environment, script), expected, JSON.stringify(environment));
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** What a script prints that runs with these environment variables. */
async function runWith(environment: Record<string, string>, script: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--ext=js", "-"],
    env: environment,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout } = await process.output();
  return new TextDecoder().decode(stdout).trim();
}
