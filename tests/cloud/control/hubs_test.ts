// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { httpsRequest } from "../https_request.ts";
import { members, withCloud } from "./control_fixture.ts";

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

Deno.test("the owner makes, changes, reads and deletes a module", async () => {
  await withCloud(async (control) => {
    await control("PUT", "/hubs/hub", {});
    await control("PUT", "/hubs/hub/devices/d");
    const path = "/hubs/hub/devices/d/modules/m";
    assert.equal((await control("GET", path))[0], 404);
    const [status, made] = await control("PUT", path, { managedBy: "IotEdge", auth: { none: {} } });
    const { generationId, managedBy, authentication } = members(made);
    assert.deepEqual([status, managedBy, members(authentication).type], [200, "IotEdge", "none"]);
    await control("PUT", path, { set: { extra: null }, omit: ["generationId"] });
    const shown = members((await control("GET", path))[1]);
    assert.deepEqual(
      [shown.managedBy, shown.extra, "generationId" in shown],
      ["IotEdge", null, false],
    );
    const [, renewed] = await control("PUT", path, { generationId: "1", omit: [] });
    assert.notEqual(generationId, "1");
    assert.equal(members(renewed).generationId, "1");
    assert.deepEqual(members((await control("GET", "/hubs/hub/devices/d"))[1]).modules, ["m"]);
    assert.deepEqual(await control("DELETE", path), [204, ""]);
    assert.equal((await control("DELETE", path))[0], 404);
  });
});

Deno.test("a device is moved to another hub", async () => {
  await withCloud(async (control) => {
    await control("PUT", "/hubs/first", {});
    const { hostName } = members((await control("PUT", "/hubs/second", {}))[1]);
    const made = members((await control("PUT", "/hubs/first/devices/d"))[1]);
    await control("PUT", "/hubs/first/devices/d/modules/m");
    const [status, body] = await control("POST", "/hubs/first/devices/d/move", {
      hub: "second",
      modules: true,
    });
    const moved = members(body);
    assert.deepEqual(
      [status, moved.hostName, moved.primaryKey, moved.modules],
      [200, hostName, made.primaryKey, ["m"]],
    );
    const left = members((await control("GET", "/hubs/first/devices/d"))[1]);
    assert.deepEqual([left.status, left.modules], ["moved", []]);
  });
});

Deno.test("a hub gets another port with TLS of its own, and loses it", async () => {
  await withCloud(async (control, cloud) => {
    await control("PUT", "/hubs/hub", {});
    const [status, body] = await control("POST", "/listeners", {
      surface: "hub",
      tls: { maxVersion: "1.2", certificate: "good" },
    });
    const { port, hostName } = members(body);
    assert.deepEqual([status, hostName], [200, `localhost:${port}`]);
    const send = () => httpsRequest({ port: Number(port), ca: cloud.ca, target: "/" });
    assert.equal((await send()).status, 400);
    assert.equal(cloud.log()[0]?.instance, "hub");
    assert.deepEqual(await control("DELETE", `/listeners/${port}`), [204, ""]);
    assert.equal((await control("DELETE", `/listeners/${port}`))[0], 404);
    await assert.rejects(send(), /ECONNREFUSED/);
    await control("PUT", "/hubs/second", {});
    const named = { surface: "hub", hub: "second", tls: { certificate: "expired" } };
    const second = members((await control("POST", "/listeners", named))[1]);
    await assert.rejects(
      httpsRequest({ port: Number(second.port), ca: cloud.ca, target: "/" }),
      /certificate/i,
    );
  });
});
