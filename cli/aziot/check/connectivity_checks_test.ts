// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { openTls } from "../../../ffi/tls.ts";
import { authority } from "../../../services/tls/test_authority.ts";
import { silent, tcpServer, tlsServer } from "../../../services/tls/test_server.ts";
import { DPS_ENDPOINT } from "./dps_endpoint.ts";
import { EST_SERVER_REACHABLE } from "./est_server_reachable.ts";
import { certdConfig, configFile, identitydConfig, MANUAL, onDevice, told } from "./fake_device.ts";
import { handshakeFinding, HUB_CONNECTIONS } from "./hub_connection.ts";
import { HUB_CREDENTIALS } from "./hub_credentials.ts";
import { PROXY_SETTINGS } from "./proxy_settings.ts";
import { EST_SERVER_HTTPS } from "./est_server_https.ts";

// Outside the tests: a library that a test loads counts as leaked, and ours are never closed.
openTls();

const root = await authority("root");
const good = await root.issue();
const expired = await root.issue({ notBefore: new Date(0), notAfter: new Date(1000) });

/** Nothing listens there: the kernel gives it to nobody who asks for any port. */
const UNUSED_PORT = 1;

const peerAt = (port: number) =>
  ({ host: "localhost", port, extraTrust: root.pem, proxy: undefined, timeoutS: 5 }) as const;

Deno.test("a server of a trusted CA is reached", async () => {
  await using server = tlsServer(good, silent);
  assert.equal(told(await handshakeFinding(peerAt(server.port))), "ok");
});

Deno.test("a server that is not trusted, or not there, is an error with the reason", async () => {
  await using server = tlsServer(expired, silent);
  const message =
    "error\nCould not connect to localhost : could not complete TLS handshake\nCheck ";
  const found = told(await handshakeFinding(peerAt(server.port)));
  assert.ok(found.startsWith(message), found);
  assert.match(found, /expired/);
  const nobody = told(await handshakeFinding(peerAt(UNUSED_PORT)));
  assert.ok(nobody.startsWith(message), nobody);
  assert.match(nobody, /refused/i);
});

Deno.test("a server that says nothing has its time", async () => {
  await using server = tcpServer(silent, "127.0.0.1");
  const found = told(
    await handshakeFinding({ ...peerAt(server.port), host: "127.0.0.1", timeoutS: 0.05 }),
  );
  assert.match(
    found,
    /^error\nFailed to do TLS Handshake, Connection Attempt Timed out in 0\.05 Seconds\n/,
  );
});

Deno.test("a parent that cannot be reached comes with the way to test it", async () => {
  const found = told(await handshakeFinding(peerAt(UNUSED_PORT), true));
  assert.match(found, /'curl https:\/\/localhost'.*update-ca-certificates/);
});

Deno.test("a proxy is asked for the tunnel and refuses or opens it", async () => {
  await using server = tlsServer(good, silent);
  const seen: string[] = [];
  let status = "200 OK";
  await using proxy = tcpServer(async (client) => {
    const buffer = new Uint8Array(4096);
    const count = await client.read(buffer) ?? 0;
    seen.push(new TextDecoder().decode(buffer.subarray(0, count)));
    await client.write(new TextEncoder().encode(`HTTP/1.1 ${status}\r\nx: y\r\n\r\n`));
    if (!status.startsWith("200")) return;
    const onward = await Deno.connect({ hostname: "localhost", port: server.port });
    await Promise.allSettled([
      client.readable.pipeTo(onward.writable),
      onward.readable.pipeTo(client.writable),
    ]);
  }, "127.0.0.1");
  const through = {
    ...peerAt(server.port),
    proxy: new URL(`http://us%20er:pass@127.0.0.1:${proxy.port}`),
  };
  assert.equal(told(await handshakeFinding(through)), "ok");
  assert.match(
    seen[0] ?? "",
    new RegExp(`^CONNECT localhost:${server.port} HTTP/1.1\r\nHost: localhost:`),
  );
  assert.match(
    seen[0] ?? "",
    new RegExp(`\r\nProxy-Authorization: Basic ${btoa("us er:pass")}\r\n`),
  );
  status = "403 Forbidden";
  const found = told(await handshakeFinding(through));
  assert.match(found, /refused to connect to localhost:\d+ \(HTTP status 403\)/);
  assert.doesNotMatch(found, /pass@/);
  status = "nonsense".repeat(3000);
  assert.match(told(await handshakeFinding(through)), /does not answer like an HTTP proxy/);
});

const [AMQP, HTTPS] = HUB_CONNECTIONS;
if (AMQP === undefined || HTTPS === undefined) throw new Error("no checks of the hub");

const dps = (endpoint: string) =>
  `source = "dps"
global_endpoint = "${endpoint}"
scope_id = "s"
[provisioning.attestation]
method = "symmetric_key"
registration_id = "r"
symmetric_key = "k"
`;

Deno.test("which hub is meant comes from the configuration", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(AMQP)), "skipped");
    await write(configFile("identityd"), identitydConfig('source = "none"\n'));
    assert.equal(told(await find(AMQP)), "ignored");

    await write(configFile("identityd"), identitydConfig(dps("https://dps.example")));
    assert.equal(
      told(await find(AMQP)),
      "warning\nCould not retrieve iothub_hostname from provisioning file.\n" +
        "Please specify the backing IoT Hub name using --iothub-hostname switch if you have that information.\n" +
        "Since no hostname is provided, all hub connectivity tests will be skipped.",
    );
    const nested = dps("https://dps.example").replace("[", 'local_gateway_hostname = "p"\n[');
    await write(configFile("identityd"), identitydConfig(nested));
    assert.equal(told(await find(AMQP)), "ignored");
  });
});

Deno.test("the hub that answered last is the hub of a device that provisions with DPS", async () => {
  await onDevice(async ({ find, write }) => {
    const port = UNUSED_PORT;
    await write(configFile("identityd"), identitydConfig(dps("https://dps.example")));
    const previous = MANUAL.replace("hub.example", `localhost:${port}`);
    await write("/var/lib/aziot/identityd/prev_state", identitydConfig(previous));
    const finding = await find(HTTPS);
    assert.match(told(finding), /^error\nCould not connect to localhost : could not/);
    assert.deepEqual(finding.info, {
      iothub_hostname: "localhost",
      port_number: port,
      proxy: null,
    });
  });
});

Deno.test("the command line names another hub and proxy", async () => {
  await onDevice(async ({ find, write }) => {
    const port = UNUSED_PORT;
    await write(configFile("identityd"), identitydConfig(MANUAL));
    const settings = {
      iothubHostname: `localhost:${port}`,
      proxyUri: `http://u:secret@127.0.0.1:${UNUSED_PORT}`,
    };
    const finding = await find(HTTPS, settings);
    assert.match(told(finding), /^error\n/);
    assert.match(JSON.stringify(finding.info), /"proxy":"http:\/\/u:\*\*\*@127\.0\.0\.1:\d+\/"/);
    assert.equal(told(await find(AMQP, settings)), "ignored");
  });
});

Deno.test("the provisioning service is looked at only by those who use it", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(DPS_ENDPOINT)), "skipped");
    await write(configFile("identityd"), identitydConfig(MANUAL));
    assert.equal(told(await find(DPS_ENDPOINT)), "ignored");
    const port = UNUSED_PORT;
    await write(configFile("identityd"), identitydConfig(dps(`https://localhost:${port}/x`)));
    const finding = await find(DPS_ENDPOINT);
    assert.match(told(finding), /^error\nCould not connect to localhost : could not complete TLS/);
    assert.deepEqual(finding.info, {
      dps_endpoint: `https://localhost:${port}/x`,
      dps_hostname: "localhost",
      proxy: null,
    });
    await write(configFile("identityd"), identitydConfig(dps("file:///x")));
    assert.match(told(await find(DPS_ENDPOINT)), /^error\nURL specified .* does not have a host\n/);
  });
});

Deno.test("EST servers are reached with the CAs that are configured for them", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(EST_SERVER_REACHABLE)), "skipped");
    await write(configFile("certd"), certdConfig());
    assert.equal(told(await find(EST_SERVER_REACHABLE)), "ignored");
    await using server = tlsServer(good, silent);
    const config = `[cert_issuance.est]
trusted_certs = ["root"]
[cert_issuance.est.urls]
default = "https://localhost:${server.port}/.well-known/est"
other = "https://localhost:${server.port}/other"
[preloaded_certs]
root = "file:///etc/root.pem"
`;
    await write(configFile("certd"), certdConfig(config));
    await write("/etc/root.pem", root.pem);
    assert.equal(told(await find(EST_SERVER_REACHABLE)), "ok");
    await write("/etc/root.pem", "");
    const found = told(await find(EST_SERVER_REACHABLE));
    assert.ok(
      found.startsWith(`error\nCould not connect to EST server localhost:${server.port}\n`),
    );
    assert.equal(found.match(/EST server/g)?.length, 1);
  });
});

Deno.test("EST without TLS is warned about, for every URL", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(EST_SERVER_HTTPS)), "skipped");
    const config = `[cert_issuance.est.urls]
default = "http://u:secret@a/"
[cert_issuance.x]
method = "est"
url = "http://b/"
[cert_issuance.y]
method = "est"
url = "https://c/"
`;
    await write(configFile("certd"), certdConfig(config));
    const found = told(await find(EST_SERVER_HTTPS));
    assert.match(
      found,
      /^warning\nEST server URL "http:\/\/u:\*\*\*@a\/" .*\nEST server URL "http:\/\/b\/" .*\nTo clear this warning/,
    );
    await write(configFile("certd"), certdConfig(config.replaceAll("http:", "https:")));
    assert.equal(told(await find(EST_SERVER_HTTPS)), "ok");
  });
});

Deno.test("credentials are tried only where there is a key for a hub to accept", async () => {
  await onDevice(async ({ find, write }) => {
    assert.equal(told(await find(HUB_CREDENTIALS)), "skipped");
    await write(configFile("identityd"), identitydConfig('source = "none"\n'));
    assert.equal(told(await find(HUB_CREDENTIALS)), "ignored");
    await write(configFile("identityd"), identitydConfig(MANUAL));
    assert.equal(told(await find(HUB_CREDENTIALS)), "skipped");
    const proxyUri = "http://127.0.0.1:1";
    assert.equal(told(await find(HUB_CREDENTIALS, { proxyUri })), "ignored");
    const nested = MANUAL.replace("[", 'local_gateway_hostname = "p"\n[');
    await write(configFile("identityd"), identitydConfig(nested));
    assert.equal(told(await find(HUB_CREDENTIALS)), "ignored");
  });
});

Deno.test("a proxy for some services only is a warning", async () => {
  const shown = (environment: string) => ({
    success: true,
    stdout:
      `Id=aziot-identityd.service\nLoadState=loaded\nEnvironment=https_proxy=http://p\n\nId=aziot-certd.service\nLoadState=loaded\nEnvironment=${environment}\n`,
    stderr: "",
  });
  await onDevice(async ({ find }) => {
    assert.equal(
      told(await find(PROXY_SETTINGS)),
      "warning\nan HTTPS proxy is set for aziot-identityd.service, and none for aziot-certd.service\n" +
        "Set it for all or none, with 'systemctl edit' of each unit.",
    );
  }, { systemctl: () => shown("") });
  await onDevice(async ({ find }) => {
    assert.equal(told(await find(PROXY_SETTINGS)), "ok");
  }, { systemctl: () => shown("https_proxy=http://p") });
});
