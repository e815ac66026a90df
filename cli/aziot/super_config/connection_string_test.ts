// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { parseConnectionString } from "./connection_string.ts";

const READ: [string, string, string, string][] = [
  ["HostName=h.net;DeviceId=d;SharedAccessKey=QUJD", "h.net", "d", "ABC"],
  ["SharedAccessKey=QUJD;DeviceId=d=x;HostName=h", "h", "d=x", "ABC"],
  ["HostName=h;DeviceId=d;SharedAccessKey=QUI=", "h", "d", "AB"],
  ["HostName=h;DeviceId=d;SharedAccessKey=QUI", "h", "d", "AB"],
  [";HostName=h;;DeviceId=d;nonsense;SharedAccessKey=QQ==;", "h", "d", "A"],
  ["HostName=a;HostName=h;DeviceId=d;SharedAccessKey=QQ==", "h", "d", "A"],
  ["HostName=h;GatewayHostName=g;DeviceId=d;SharedAccessKey=QQ==;x509=true", "h", "d", "A"],
  ["HostName=h;DeviceId= d\n;SharedAccessKey=QQ==", "h", " d\n", "A"],
];

for (const [text, host, device, key] of READ) {
  Deno.test(`the connection string ${JSON.stringify(text)} is read`, () => {
    const parsed = parseConnectionString(text);
    assert.equal(parsed.iothubHostname, host);
    assert.equal(parsed.deviceId, device);
    assert.equal(new TextDecoder().decode(parsed.key), key);
    assert.deepEqual(parsed.notes, []);
  });
}

const REFUSED: [string, string | RegExp][] = [
  ["", 'required parameter "HostName" is missing'],
  ["x", 'required parameter "HostName" is missing'],
  ["hostname=h;DeviceId=d;SharedAccessKey=QQ==", 'required parameter "HostName" is missing'],
  ["HostName=h; DeviceId=d;SharedAccessKey=QQ==", 'required parameter "DeviceId" is missing'],
  ["HostName=h;SharedAccessKey=QQ==", 'required parameter "DeviceId" is missing'],
  ["HostName=h;DeviceId=d", 'required parameter "SharedAccessKey" is missing'],
  ["HostName=h;DeviceId=d;x509=true", /"SharedAccessKey" is missing: .* X\.509 device/],
  ["HostName=;DeviceId=d;SharedAccessKey=QQ==", 'required parameter "HostName" is empty'],
  ["HostName=h;DeviceId=;SharedAccessKey=QQ==", 'required parameter "DeviceId" is empty'],
  ["HostName=h;DeviceId=d;SharedAccessKey=", 'required parameter "SharedAccessKey" is empty'],
  [
    "HostName=h;DeviceId=d;SharedAccessKey=!!!",
    'connection string\'s "SharedAccessKey" parameter could not be decoded from base64: ' +
    "Invalid symbol 33, offset 0.",
  ],
];

for (const [text, reason] of REFUSED) {
  Deno.test(`the connection string ${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parseConnectionString(text), { message: reason });
  });
}

Deno.test("a module's connection string is read with a note", () => {
  const { notes } = parseConnectionString("HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=QQ==");
  assert.match(notes.join(), /module connection string/);
});
