// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { onDevice, told } from "./fake_device.ts";
import { HOST_LOCAL_TIME } from "./host_local_time.ts";

/** Runs the check beside a time server that is ahead of a machine with the right time. */
async function checkBeside(aheadS: number, mode = 4): Promise<{ text: string; info: unknown }> {
  const server = createSocket("udp4");
  await new Promise<void>((bound) => server.bind(0, "127.0.0.1", () => bound()));
  const now = new Date();
  server.on("message", (asked, from) => {
    const packet = new Uint8Array(48);
    packet.set([4 << 3 | mode, 1]);
    packet.set(asked.subarray(40, 48), 24);
    const view = new DataView(packet.buffer);
    for (const at of [32, 40]) {
      view.setUint32(at, Math.round(now.getTime() / 1000) + aheadS + 2_208_988_800);
    }
    server.send(packet, from.port, from.address);
  });
  try {
    let found: { text: string; info: unknown } = { text: "", info: undefined };
    await onDevice(async ({ find }) => {
      const finding = await find(HOST_LOCAL_TIME, {
        ntpServer: `127.0.0.1:${server.address().port}`,
      });
      found = { text: told(finding), info: finding.info };
    }, { now });
    return found;
  } finally {
    await new Promise<void>((closed) => server.close(() => closed()));
  }
}

Deno.test("a clock that is right within ten seconds is good", async () => {
  for (const ahead of [0, 8, -8]) assert.equal((await checkBeside(ahead)).text, "ok");
});

Deno.test("a clock that is wrong is a warning with the difference", async () => {
  for (const ahead of [3600, -3600]) {
    const { text, info } = await checkBeside(ahead);
    assert.match(
      text,
      /^warning\nTime on the device is out of sync with the NTP server by \d+ seconds/,
    );
    assert.match(JSON.stringify(info), /^\{"offset":(3599|3600)\}$/);
  }
});

Deno.test("a server that makes no sense is an error, nobody at all a warning", async () => {
  assert.match(
    (await checkBeside(0, 3)).text,
    /^error\nCould not query NTP server\n.*\ncould not parse NTP/,
  );
  await onDevice(async ({ find }) => {
    const found = told(await find(HOST_LOCAL_TIME, { ntpServer: "no-such-host.invalid" }));
    assert.match(
      found,
      /^warning\nCould not query NTP server\n.*\ncould not resolve NTP pool hostname: /,
    );
  });
});
