// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { NotConnectedError, RemoteError } from "../http/unix_client.ts";
import { testLog } from "./test_log.ts";
import { TrustBundle } from "./trust_bundle.ts";

function bundle(answer: () => string | Error) {
  const { log, lines } = testLog();
  const asked: string[] = [];
  const trust = new TrustBundle({
    getCertificate(id) {
      asked.push(id);
      const pem = answer();
      return pem instanceof Error ? Promise.reject(pem) : Promise.resolve(pem);
    },
  }, log);
  return { trust, lines, asked };
}

Deno.test("the bundle is what the Certificates Service has, and nothing is asked for none", async () => {
  const { trust, asked } = bundle(() => "PEM");
  assert.equal(await trust.read("roots"), "PEM");
  assert.equal(await trust.read(undefined), "");
  assert.deepEqual(asked, ["roots"]);
});

Deno.test("a bundle that does not exist is empty and mentioned once until it is there", async () => {
  const missing = new RemoteError(400, 'parameter "id" has an invalid value');
  let answer: string | Error = missing;
  const { trust, lines } = bundle(() => answer);
  for (let count = 0; count < 3; count++) assert.equal(await trust.read("roots"), "");
  answer = "PEM";
  await trust.read("roots");
  answer = missing;
  assert.equal(await trust.read("roots"), "");
  assert.deepEqual(lines, Array(2).fill("WARN there is no trust bundle roots"));
});

Deno.test("a service that cannot say is an error, not an empty bundle", async () => {
  for (const error of [new NotConnectedError("not connected"), new RemoteError(500, "internal")]) {
    await assert.rejects(bundle(() => error).trust.read("roots"), {
      message: "could not read the trust bundle roots",
      cause: error,
    });
  }
});
