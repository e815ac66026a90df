// SPDX-License-Identifier: MIT

/**
 * What everything is compared with: `Deno.serve` by itself, which reads a request's body and gives
 * a fixed answer. Arguments: path of the socket, the answer.
 */

const [path = "", answer = ""] = Deno.args;
const headers = { "content-type": "application/json" };

Deno.serve({ path, automaticCompression: false, onListen() {} }, async (request) => {
  await request.text();
  return new Response(answer, { headers });
});
