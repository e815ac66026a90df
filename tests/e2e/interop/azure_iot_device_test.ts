// SPDX-License-Identifier: MIT

/**
 * Microsoft's device client for Node.js, as it is on npm, with an identity of this device: the
 * program asks the Identity Service who it is and the Keys Service for its token, as a program of a
 * user would, and hands the token to the client.
 */

import assert from "node:assert/strict";
import { npmPackages } from "./npm_packages.ts";

const PACKAGES = ["azure-iot-device@1.18.4", "azure-iot-device-http@1.14.4"];

/** What a user would write; its input are two sockets, its output one line of JSON a step. */
const PROGRAM = `
  const http = require("node:http");
  const { Client, Message } = require("azure-iot-device");
  const { Http } = require("azure-iot-device-http");

  function call(socketPath, path, version, body) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        socketPath,
        method: "POST",
        path: path + "?api-version=" + version,
        headers: { "Content-Type": "application/json" },
      }, (response) => {
        let text = "";
        response.on("data", (chunk) => text += chunk);
        response.on("end", () => resolve(JSON.parse(text)));
      });
      request.on("error", reject);
      request.end(JSON.stringify(body));
    });
  }

  async function token({ hubName, deviceId, auth }) {
    const resource = encodeURIComponent(hubName + "/devices/" + deviceId);
    const expiry = Math.floor(Date.now() / 1000) + 3600;
    const message = Buffer.from(resource + "\\n" + expiry).toString("base64");
    const { signature } = await call(process.env.KEYD, "/sign", "2021-05-01", {
      keyHandle: auth.keyHandle,
      algorithm: "HMAC-SHA256",
      parameters: { message },
    });
    return "SharedAccessSignature sr=" + resource + "&sig=" + encodeURIComponent(signature) +
      "&se=" + expiry;
  }

  async function send(step, sas, text) {
    const client = Client.fromSharedAccessSignature(sas, Http);
    try {
      await client.open();
      await client.sendEvent(new Message(text));
      console.log(JSON.stringify({ step, result: "sent" }));
    } catch (error) {
      console.log(JSON.stringify({ step, result: error.name }));
    }
  }

  (async () => {
    const body = { type: "aziot" };
    const { spec } = await call(process.env.IDENTITYD, "/identities/device", "2022-08-01", body);
    const sas = await token(spec);
    await send("own", sas, "21.5");
    await send("forged", sas.replace(/sig=.{4}/, "sig=AAAA"), "never");
    process.exit(0);
  })();
`;

Deno.test({
  name:
    "Microsoft's device client sends a message with the device's identity, and none with a forged one",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    const packages = await npmPackages(...PACKAGES);
    const directory = await Deno.makeTempDir({ prefix: "aziot-interop-" });
    try {
      await Deno.writeTextFile(`${directory}/program.cjs`, PROGRAM);
      const root = new URL("../../..", import.meta.url).pathname;
      const script = 'ip link set lo up && exec "$@"';
      const { stdout, stderr } = await new Deno.Command("unshare", {
        args: [
          ...["--net", "sh", "-c", script, "sh", Deno.execPath(), "run", "-A", "--cached-only"],
          ...["--config", `${root}deno.json`],
          new URL("azure_iot_device_world.ts", import.meta.url).pathname,
          packages,
          `${directory}/program.cjs`,
        ],
        stdin: "null",
      }).output();
      const text = new TextDecoder().decode(stdout).trim();
      assert.notEqual(text, "", new TextDecoder().decode(stderr));
      const { complaints, requests, said } = JSON.parse(text);
      assert.deepEqual(
        said.trim().split("\n").map((line: string) => JSON.parse(line)),
        [
          { step: "own", result: "sent" },
          { step: "forged", result: "UnauthorizedError" },
        ],
        complaints,
      );
      const path = "/devices/press-07/messages/events";
      const [own, ...forged] = requests;
      assert.deepEqual(own, { method: "POST", path, validity: "valid", body: "21.5", status: 204 });
      assert.ok(forged.length > 0);
      for (const { status, validity } of forged) {
        assert.equal(status, 401);
        assert.notEqual(validity, "valid");
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
