// SPDX-License-Identifier: MIT

/**
 * Run in a network namespace of its own, as root, by azure_iot_device_test.ts: a hub on port 443 of
 * `localhost`, a device, and the program of the second argument, which `node` runs among the
 * packages of the first. Prints, as JSON, what the program says and what the hub was sent.
 */

import { startCloud } from "../../cloud/cloud.ts";
import { startDevice } from "../device.ts";

const [packages = "", program = ""] = Deno.args;
const DEVICE_ID = "press-07";

const dir = await Deno.makeTempDir({ prefix: "aziot-interop-" });
try {
  await using cloud = await startCloud({ dir });
  // The client knows no other port.
  const hub = await cloud.addHub("hub", { port: 443 });
  const { connectionString } = hub.addDevice(DEVICE_ID);
  await using device = await startDevice({
    hub: { connectionString, caPath: cloud.caPath },
  });
  const since = cloud.log().at(-1)?.seq ?? 0;
  const { stdout, stderr } = await new Deno.Command("node", {
    args: [program],
    cwd: packages,
    env: {
      NODE_EXTRA_CA_CERTS: cloud.caPath,
      NODE_PATH: `${packages}/node_modules`,
      IDENTITYD: device.identityd.socket,
      KEYD: device.keyd.socket,
    },
    signal: AbortSignal.timeout(40_000),
  }).output();
  const decoder = new TextDecoder();
  const requests = cloud.log(since).map(({ method, path, validity, body, answer }) => ({
    method,
    path,
    validity,
    body,
    status: answer?.status,
  }));
  console.log(JSON.stringify({
    said: decoder.decode(stdout),
    complaints: decoder.decode(stderr),
    requests,
  }));
} finally {
  await Deno.remove(dir, { recursive: true });
}
