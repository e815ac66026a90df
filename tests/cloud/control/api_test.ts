// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { members, withCloud } from "./control_fixture.ts";

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
      ["PUT", "/hubs/hub/devices/d/modules/a%2Fb", {}, 400, /"a\/b" is not a module id/],
      ["PUT", "/hubs/hub/devices/d/modules/m", { auth: { ca: "x" } }, 400, /auth: .*none/],
      ["PUT", "/hubs/hub/devices/d/modules/m", { omit: "x" }, 400, /omit: /],
      ["PUT", "/hubs/hub/devices/e/modules/m", {}, 404, /no device "e"/],
      ["POST", "/hubs/hub/devices/d/move", {}, 400, /hub/],
      ["POST", "/hubs/hub/devices/d/move", { hub: "none" }, 404, /no hub "none"/],
      ["POST", "/hubs/hub/devices/d/move", { hub: "hub" }, 400, /already exists/],
      ["POST", "/hubs/hub/devices/e/move", { hub: "hub" }, 404, /no device "e"/],
      ["POST", "/listeners", {}, 400, /surface/],
      ["POST", "/listeners", { surface: "mqtt" }, 400, /surface: .*"hub".*"mqtt"/],
      ["POST", "/listeners", { surface: "hub", hub: "none" }, 404, /no hub "none"/],
      ["POST", "/listeners", { surface: "hub", tls: { certificate: "bad" } }, 400, /"cn-only"/],
      [
        "POST",
        "/listeners",
        { surface: "hub", tls: { minVersion: "1.3", maxVersion: "1.2" } },
        400,
        /minVersion must not be above maxVersion/,
      ],
      ["DELETE", "/listeners/1", undefined, 404, /no listener "1"/],
      ["DELETE", `/listeners/${port}`, undefined, 404, /no listener/],
      ["POST", "/clock", { offsetSeconds: "1" }, 400, /offsetSeconds: /],
      ["POST", "/clock", { offsetSeconds: 1e15 }, 400, /offsetSeconds: /],
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
