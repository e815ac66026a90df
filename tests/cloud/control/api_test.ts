// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { type Cloud, startCloud } from "../cloud.ts";
import { httpsRequest } from "../https_request.ts";

/** Runs `use` with a fresh cloud and a function that calls its control API. */
async function withCloud(
  use: (
    control: (method: string, path: string, body?: unknown) => Promise<[number, unknown]>,
    cloud: Cloud,
  ) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await using cloud = await startCloud({ dir });
    await use(async (method, path, body) => {
      const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const answer = await fetch(cloud.control + path, {
        method,
        ...(text === undefined ? {} : { body: text }),
      });
      const answered = await answer.text();
      const json = answer.headers.get("content-type")?.startsWith("application/json");
      return [answer.status, json ? JSON.parse(answered) : answered];
    }, cloud);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The members of a JSON object in an answer. */
function members(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === "object" && value !== null);
  return value as Record<string, unknown>;
}

Deno.test("a hub is made with a port of its own, changed, listed and deleted", async () => {
  await withCloud(async (control, cloud) => {
    const [status, body] = await control("PUT", "/hubs/hub", {});
    const port = cloud.hubs.get("hub")?.port;
    const record = {
      id: "hub",
      hostName: `localhost:${port}`,
      port,
      strict: true,
      maxModules: 50,
      listening: true,
    };
    assert.deepEqual([status, body], [200, record]);
    const changed = { ...record, strict: false, maxModules: 500 };
    assert.deepEqual(await control("PUT", "/hubs/hub", { strict: false, maxModules: 500 }), [
      200,
      changed,
    ]);
    assert.deepEqual(await control("GET", "/hubs/hub"), [200, changed]);
    await control("PUT", "/hubs/second");
    assert.equal((await control("GET", "/hubs"))[0], 200);
    assert.deepEqual([...cloud.hubs.keys()], ["hub", "second"]);
    assert.deepEqual(await control("DELETE", "/hubs/hub"), [204, ""]);
    assert.equal((await control("GET", "/hubs/hub"))[0], 404);
  });
});

Deno.test("a hub may have a name of its own, which its certificate carries", async () => {
  await withCloud(async (control, cloud) => {
    const [, body] = await control("PUT", "/hubs/hub", { name: "plant.example" });
    const { hostName, port } = members(body);
    assert.equal(hostName, `plant.example:${port}`);
    await using connection = await Deno.connectTls({
      hostname: "127.0.0.1",
      port: Number(port),
      caCerts: [cloud.ca],
    });
    await connection.handshake();
    const plain = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await using named = await Deno.startTls(plain, {
      hostname: "plant.example",
      caCerts: [cloud.ca],
    });
    await named.handshake();
  });
});

Deno.test("a hub goes off the network and comes back under the same port", async () => {
  await withCloud(async (control, cloud) => {
    const [, body] = await control("PUT", "/hubs/hub", {});
    const { port } = members(body);
    const send = () =>
      httpsRequest({ port: Number(port), ca: cloud.ca, target: "/" }).then(({ status }) => status);
    assert.equal(await send(), 400);
    assert.equal(
      members((await control("PUT", "/hubs/hub", { listening: false }))[1]).listening,
      false,
    );
    await assert.rejects(send(), /ECONNREFUSED/);
    await control("PUT", "/hubs/hub", { listening: false });
    assert.equal(
      members((await control("PUT", "/hubs/hub", { listening: true }))[1]).listening,
      true,
    );
    assert.equal(await send(), 400);
  });
});

Deno.test("a device gets keys and a connection string, and keeps what is not set", async () => {
  await withCloud(async (control) => {
    const [, hub] = await control("PUT", "/hubs/hub", {});
    const { hostName } = members(hub);
    const path = "/hubs/hub/devices/press-07";
    const [status, body] = await control("PUT", path, { auth: { sas: {} }, status: "enabled" });
    const { primaryKey, secondaryKey, generationId } = members(body);
    const record = {
      deviceId: "press-07",
      hostName,
      connectionString: `HostName=${hostName};DeviceId=press-07;SharedAccessKey=${primaryKey}`,
      primaryKey,
      secondaryKey,
      generationId,
      status: "enabled",
      modules: [],
    };
    assert.deepEqual([status, body], [200, record]);
    assert.deepEqual(await control("PUT", path, { status: "disabled" }), [200, {
      ...record,
      status: "disabled",
    }]);
    assert.deepEqual(await control("PUT", path, { auth: { sas: {} }, status: "enabled" }), [
      200,
      record,
    ]);
    assert.deepEqual(await control("GET", path), [200, record]);
    assert.deepEqual(await control("GET", "/hubs/hub/devices"), [200, [record]]);
    assert.deepEqual(await control("DELETE", path), [204, ""]);
    const again = members((await control("PUT", path))[1]);
    assert.notEqual(again.primaryKey, primaryKey);
    assert.notEqual(again.generationId, generationId);
  });
});

Deno.test("a device may bring its keys, its thumbprints or its CA", async () => {
  await withCloud(async (control, cloud) => {
    await control("PUT", "/hubs/hub", {});
    const key = btoa("k".repeat(32));
    const put = async (auth: unknown) => {
      const [status, body] = await control("PUT", "/hubs/hub/devices/d", { auth });
      assert.equal(status, 200, JSON.stringify(body));
      return members(body);
    };
    const keys = { primaryKey: key, secondaryKey: key };
    assert.equal((await put({ sas: keys })).primaryKey, key);
    for (const auth of [{ thumbprints: ["AB".repeat(20)] }, { ca: cloud.ca }]) {
      const { connectionString, primaryKey } = await put(auth);
      assert.match(String(connectionString), /;DeviceId=d;x509=true$/);
      assert.equal(primaryKey, undefined);
    }
  });
});

Deno.test("the owner reads and deletes a module", async () => {
  await withCloud(async (control, cloud) => {
    await control("PUT", "/hubs/hub", {});
    await control("PUT", "/hubs/hub/devices/d");
    const path = "/hubs/hub/devices/d/modules/m";
    assert.equal((await control("GET", path))[0], 404);
    const { newModule } = await import("../hub/module.ts");
    const module = newModule("m", { managedBy: null, credentials: { type: "none" } }, new Date());
    cloud.hubs.get("hub")?.devices.get("d")?.modules.set("m", module);
    assert.equal(members((await control("GET", path))[1]).generationId, module.generationId);
    assert.deepEqual(members((await control("GET", "/hubs/hub/devices/d"))[1]).modules, ["m"]);
    assert.deepEqual(await control("DELETE", path), [204, ""]);
    assert.equal((await control("DELETE", path))[0], 404);
  });
});

Deno.test("the log is read as JSON lines from a number on, and cleared", async () => {
  await withCloud(async (control, cloud) => {
    const [, body] = await control("PUT", "/hubs/hub", {});
    for (let turn = 0; turn < 3; turn++) {
      await httpsRequest({ port: Number(members(body).port), ca: cloud.ca, target: `/${turn}` });
    }
    const read = async (query: string) => {
      const [status, text] = await control("GET", `/log${query}`);
      assert.equal(status, 200);
      return String(text).split("\n").filter(Boolean).map((line) => JSON.parse(line).path);
    };
    assert.deepEqual(await read(""), ["/0", "/1", "/2"]);
    assert.deepEqual(await read("?since=2"), ["/2"]);
    assert.deepEqual(await control("DELETE", "/log"), [204, ""]);
    assert.deepEqual(await read(""), []);
    assert.equal((await control("GET", "/log?since=x"))[0], 400);
  });
});

Deno.test("the clock is set in parts and read", async () => {
  await withCloud(async (control, cloud) => {
    await control("POST", "/clock", { offsetSeconds: 3600 });
    const [status, body] = await control("POST", "/clock", { dateSkewSeconds: -5 });
    const { now, offsetSeconds, dateSkewSeconds } = members(body);
    assert.deepEqual([status, offsetSeconds, dateSkewSeconds], [200, 3600, -5]);
    assert.ok(new Date(String(now)).getTime() - Date.now() > 3_590_000);
    assert.equal(cloud.clock.offsetSeconds, 3600);
    assert.equal((await control("GET", "/clock"))[0], 200);
  });
});

Deno.test("a wrong call says what is wrong with it and changes nothing", async () => {
  await withCloud(async (control, cloud) => {
    await control("PUT", "/hubs/hub", {});
    await control("PUT", "/hubs/hub/devices/d");
    const { port } = members((await control("GET", "/hubs/hub"))[1]);
    const device = "/hubs/hub/devices/e";
    const key = btoa("k".repeat(32));
    const rows: [method: string, path: string, body: unknown, status: number, error: RegExp][] = [
      ["GET", "/", undefined, 404, /nothing at \//],
      ["GET", "/hubs/none", undefined, 404, /no hub "none"/],
      ["POST", "/hubs", {}, 405, /\/hubs takes GET/],
      ["PUT", "/hubs/a_b", {}, 400, /"a_b" is not a hub id/],
      ["PUT", "/hubs/%zz", {}, 400, /URI/],
      ["PUT", "/hubs/x", "{", 400, /not JSON/],
      ["PUT", "/hubs/x", [], 400, /body: .*Object/],
      ["PUT", "/hubs/x", { prot: 1 }, 400, /prot/],
      ["PUT", "/hubs/x", { port: 70000 }, 400, /port: /],
      ["PUT", "/hubs/x", { port: "1" }, 400, /port: /],
      ["PUT", "/hubs/x", { name: "a b" }, 400, /name: .*host name/],
      ["PUT", "/hubs/x", { port }, 409, /port is in use/],
      ["PUT", "/hubs/hub", { port: 1234 }, 409, /delete it first/],
      ["PUT", "/hubs/hub", { maxModules: -1 }, 400, /maxModules: /],
      ["PUT", "/hubs/none/devices/d", {}, 404, /no hub "none"/],
      ["PUT", "/hubs/hub/devices/a%20b", {}, 400, /"a b" is not a device id/],
      ["GET", device, undefined, 404, /no device "e" in hub hub/],
      ["DELETE", device, undefined, 404, /no device "e"/],
      ["PUT", device, { auth: {} }, 400, /auth: .*thumbprints/],
      ["PUT", device, { auth: { sas: {}, ca: "x" } }, 400, /auth: /],
      ["PUT", device, { auth: { sas: { primaryKey: key } } }, 400, /together/],
      [
        "PUT",
        device,
        { auth: { sas: { primaryKey: "AAAA", secondaryKey: key } } },
        400,
        /primaryKey must be base64 of 16 to 64 bytes/,
      ],
      ["PUT", device, { auth: { thumbprints: [] } }, 400, /one or two/],
      ["PUT", device, { auth: { thumbprints: ["12"] } }, 400, /40 or 64 hex digits/],
      ["PUT", device, { auth: { ca: "x" } }, 400, /certificate in PEM/],
      [
        "PUT",
        device,
        { auth: { ca: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" } },
        400,
        /cannot be read/,
      ],
      ["PUT", device, { status: "on" }, 400, /status: .*"enabled".*"on"/],
      ["GET", "/hubs/hub/devices/d/modules/m", undefined, 404, /no module "m" in device d/],
      ["POST", "/clock", { offsetSeconds: "1" }, 400, /offsetSeconds: /],
      ["POST", "/clock", { offset: 1 }, 400, /offset/],
    ];
    for (const [method, path, body, status, error] of rows) {
      const [answered, answer] = await control(method, path, body);
      const what = `${method} ${path} ${JSON.stringify(body)}`;
      assert.equal(answered, status, `${what}: ${JSON.stringify(answer)}`);
      assert.match(String(members(answer).error), error, what);
    }
    assert.deepEqual([...cloud.hubs.keys()], ["hub"]);
    assert.deepEqual([...(cloud.hubs.get("hub")?.devices.keys() ?? [])], ["d"]);
    assert.equal(cloud.clock.offsetSeconds, 0);
  });
});
