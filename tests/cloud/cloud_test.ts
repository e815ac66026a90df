// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startCloud } from "./cloud.ts";
import { httpsRequest } from "./https_request.ts";

async function withDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await use(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a cloud leaves one file, its CA certificate, and no key", async () => {
  await withDir(async (dir) => {
    await using cloud = await startCloud({ dir: `${dir}/new/cloud` });
    assert.equal(cloud.caPath, `${await Deno.realPath(dir)}/new/cloud/ca.pem`);
    assert.equal(await Deno.readTextFile(cloud.caPath), cloud.ca);
    const names = Array.from(Deno.readDirSync(`${dir}/new/cloud`), ({ name }) => name);
    assert.deepEqual(names, ["ca.pem"]);
    assert.doesNotMatch(cloud.ca, /PRIVATE/);
  });
});

Deno.test("two hubs of a cloud are apart, and two clouds have different CAs", async () => {
  await withDir(async (dir) => {
    await using cloud = await startCloud({ dir, hub: "first" });
    const first = cloud.hubs.get("first");
    const second = await cloud.addHub("second");
    assert.ok(first);
    first.addDevice("d");
    assert.equal(second.devices.size, 0);
    assert.notEqual(first.port, second.port);
    assert.throws(() => first.addDevice("d"), /device d already exists/);
    await assert.rejects(cloud.addHub("second"), /hub second already exists/);

    await using other = await startCloud({ dir: `${dir}/other` });
    const ask = (ca: string) => httpsRequest({ port: first.port, ca, target: "/" });
    assert.equal((await ask(cloud.ca)).status, 400);
    await assert.rejects(ask(other.ca), /certificate|issuer/i);
  });
});

Deno.test("a closed cloud gives its ports back", async () => {
  await withDir(async (dir) => {
    const cloud = await startCloud({ dir, hub: "hub" });
    const port = cloud.hubs.get("hub")?.port;
    assert.ok(port);
    const controlPort = Number(new URL(cloud.control).port);
    await cloud.close();
    await using again = await startCloud({ dir, hub: "hub", port, controlPort });
    assert.equal(again.hubs.get("hub")?.port, port);
    assert.equal(again.control, `http://127.0.0.1:${controlPort}`);
  });
});

Deno.test("a cloud closes although a control call is half sent", async () => {
  await withDir(async (dir) => {
    const cloud = await startCloud({ dir });
    const half = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(cloud.control).port),
    });
    const head = "PUT /hubs/hub HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
    await half.write(new TextEncoder().encode(head));
    await fetch(`${cloud.control}/hubs`).then((answer) => answer.text());
    await cloud.close();
    assert.equal(await half.read(new Uint8Array(1)).catch(() => null), null);
    half.close();
    assert.equal(cloud.hubs.size, 0);
  });
});

Deno.test("a cloud that cannot start leaves nothing open", async () => {
  await withDir(async (dir) => {
    await using first = await startCloud({ dir, hub: "hub" });
    const port = first.hubs.get("hub")?.port;
    assert.ok(port);
    await assert.rejects(startCloud({ dir: `${dir}/b`, hub: "hub", port }), /EADDRINUSE|in use/);
    await assert.rejects(startCloud({ dir: `${dir}/ca.pem` }), /exists|not a directory/i);
  });
});
