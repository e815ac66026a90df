// SPDX-License-Identifier: MIT

/** The same bad requests and the same rights in each of the three api-versions. */

import assert from "node:assert/strict";
import { makeWorld, principal } from "./identityd_world.ts";
import { connect, exchange, rawRequest, type RawResponse } from "./raw_http.ts";

const isRoot = Deno.uid() === 0;
const VERSIONS = ["2020-09-01", "2021-12-01", "2022-08-01"];
const MODULE = "/identities/modules/x";
const JSON_TYPE = ["Content-Type", "application/json"] as const;
const TEXT_TYPE = ["Content-Type", "text/plain"] as const;
const NOT_ALLOWED = /^method not allowed$/;
const PARSER = /./;

interface Row {
  /** Method and path; `?` is followed by more of the query than the api-version. */
  request: string;
  body?: string;
  /** Absent: none. */
  type?: readonly [name: string, value: string];
  status: number;
  message: RegExp;
}

/** Steps of the checks in their order, each with what the next steps would have said. */
const BAD: Row[] = [
  { request: "GET /nothing", status: 404, message: /^not found$/ },
  { request: "GET /identities/modules/", status: 404, message: /^not found$/ },
  { request: "GET /identities/modules/%ff?type=aziot", status: 404, message: /^not found$/ },
  { request: "PATCH /identities/device", status: 400, message: NOT_ALLOWED },
  { request: "OPTIONS /trust-bundle", status: 400, message: NOT_ALLOWED },
  {
    request: `PUT ${MODULE}`,
    body: "{}",
    type: TEXT_TYPE,
    status: 415,
    message: /^request body must be application\/json$/,
  },
  { request: `PUT ${MODULE}`, body: "", type: JSON_TYPE, status: 422, message: PARSER },
  { request: `PUT ${MODULE}`, body: "{", type: JSON_TYPE, status: 422, message: PARSER },
  { request: `PUT ${MODULE}`, body: "{", status: 422, message: PARSER },
  // Of a method that is not there the body is looked at first.
  {
    request: "PUT /identities/device",
    body: "{}",
    type: TEXT_TYPE,
    status: 415,
    message: /^request body must be application\/json$/,
  },
  { request: "PUT /identities/device", body: "{", type: JSON_TYPE, status: 422, message: PARSER },
  {
    request: "PUT /identities/device",
    body: "{}",
    type: JSON_TYPE,
    status: 400,
    message: NOT_ALLOWED,
  },
  { request: "GET /identities/device", status: 400, message: NOT_ALLOWED },
  { request: "DELETE /trust-bundle", status: 400, message: NOT_ALLOWED },
  { request: "POST /identities/identity", body: "{}", status: 400, message: NOT_ALLOWED },
  { request: "POST /identities/device", status: 400, message: /^missing request body$/ },
  {
    request: "POST /identities/device",
    body: '{"type":"aziot"}',
    type: TEXT_TYPE,
    status: 400,
    message: /^missing request body$/,
  },
  { request: "POST /identities/device", body: "{}", type: JSON_TYPE, status: 422, message: PARSER },
  { request: "POST /identities/device", body: '["aziot"]', status: 422, message: PARSER },
  { request: "POST /identities/modules", body: '["aziot","m"]', status: 422, message: PARSER },
  {
    request: "POST /identities/device/reprovision",
    body: "{",
    type: JSON_TYPE,
    status: 422,
    message: PARSER,
  },
  { request: `DELETE ${MODULE}`, body: "{", type: JSON_TYPE, status: 422, message: PARSER },
  {
    request: "POST /identities/modules",
    body: JSON.stringify({ type: "aziot", moduleId: "x".repeat(1024 * 1024) }),
    status: 413,
    message: PARSER,
  },
  {
    request: "GET /identities/modules",
    status: 400,
    message: /^parameter "type" has an invalid value\ncaused by: missing parameter$/,
  },
  {
    request: "GET /identities/modules?type=local",
    status: 400,
    message: /^parameter "type" has an invalid value\ncaused by: invalid type: local$/,
  },
  {
    request: "GET /identities/modules/none?type=aziot",
    status: 404,
    message: /^Hub client error\ncaused by: module none not found$/,
  },
];

function send(
  socket: string,
  { request, body, type }: Pick<Row, "request" | "body" | "type">,
  query: string,
  uid?: number,
): Promise<RawResponse> {
  const [method = "", path = ""] = request.split(" ");
  const bytes = new TextEncoder().encode(body ?? "");
  const headers: (readonly [string, string])[] = [["Host", "identityd.sock"]];
  if (type) headers.push(type);
  if (body !== undefined) headers.push(["Content-Length", `${bytes.length}`]);
  const target = path + (path.includes("?") ? "&" : "?") + query;
  return exchange(socket, rawRequest(method, target, headers, bytes), {
    ...uid === undefined ? {} : { uid },
  });
}

function messageOf({ body, headers }: RawResponse): string {
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1];
  assert.equal(type, "application/json");
  const { message } = JSON.parse(new TextDecoder().decode(body));
  assert.equal(typeof message, "string");
  return message;
}

Deno.test("requests that make no sense get the same answers in every api-version", async (t) => {
  await using world = await makeWorld();
  await world.identityd.daemon.start();
  const { socket } = world.identityd;
  for (const version of VERSIONS) {
    for (const row of BAD) {
      const what = `${version} ${row.request} ${(row.body ?? "").slice(0, 20)}`;
      await t.step(what, async () => {
        const answer = await send(socket, row, `api-version=${version}`);
        assert.equal(answer.status, row.status);
        assert.match(messageOf(answer), row.message);
      });
    }
  }
  await t.step("a body that is held back", async () => {
    await Promise.all(VERSIONS.map(async (version) => {
      await using connection = await connect(socket);
      const headers = [JSON_TYPE, ["Content-Length", "9"]] as const;
      const path = `/identities/device?api-version=${version}`;
      await connection.send(rawRequest("POST", path, headers, "{"));
      const answer = await connection.receive();
      assert.equal(answer?.status, 408);
      assert.equal((await connection.rest()).length, 0, "and the connection ends");
    }));
  });
});

Deno.test("an api-version is there, known, and the last one counts", async () => {
  await using world = await makeWorld();
  await world.identityd.daemon.start();
  const { socket } = world.identityd;
  const rows: [query: string, status: number, message: string][] = [
    ["", 400, "api-version not specified"],
    ["api-version=", 400, 'invalid api-version ""'],
    ["api-version=2020-09-01-preview", 400, 'invalid api-version "2020-09-01-preview"'],
    ["api-version=2022-08-01&api-version=x", 400, 'invalid api-version "x"'],
    ["api%2Dversion=a%22b", 400, 'invalid api-version "a\\"b"'],
  ];
  for (const [query, status, message] of rows) {
    // Before the path, the method and the body are looked at.
    for (const request of ["GET /trust-bundle", "PATCH /nothing", `PUT ${MODULE}`]) {
      const answer = await send(socket, { request }, query);
      assert.deepEqual([answer.status, messageOf(answer)], [status, message], request);
    }
  }
  const good = "api-version=x&api-version=2022-08-01";
  assert.equal((await send(socket, { request: "GET /trust-bundle" }, good)).status, 200);
  const settings = { request: "GET /identities/provisioning" };
  const statuses = await Promise.all(
    VERSIONS.map(async (version) =>
      (await send(socket, settings, `api-version=${version}`)).status
    ),
  );
  assert.deepEqual(statuses, [404, 200, 200]);
});

/** Callers of the table of rights, by uid. */
const CALLERS = {
  root: 0,
  administrator: 54_001,
  device: 54_002,
  module: 54_003,
  stranger: 54_999,
};
const ADMINISTRATORS = ["root", "administrator"];
const EVERYBODY = Object.keys(CALLERS);

/** Who gets something else than a 401. */
const RIGHTS: [request: string, body: unknown, allowed: string[]][] = [
  ["GET /trust-bundle", undefined, EVERYBODY],
  ["GET /identities/provisioning", undefined, EVERYBODY],
  ["GET /identities/identity", undefined, [...ADMINISTRATORS, "device", "module"]],
  ["POST /identities/device", { type: "" }, [...ADMINISTRATORS, "device"]],
  ["GET /identities/modules/mod?type=aziot", undefined, [...ADMINISTRATORS, "module"]],
  ["GET /identities/modules/mod?type=nonsense", undefined, [...ADMINISTRATORS, "module"]],
  ["GET /identities/modules/mod?type=local", undefined, ADMINISTRATORS],
  ["GET /identities/modules/other?type=nonsense", undefined, ADMINISTRATORS],
  ["GET /identities/modules?type=aziot", undefined, ADMINISTRATORS],
  ["GET /identities/modules", undefined, ADMINISTRATORS],
  ["POST /identities/modules", { type: "nonsense", moduleId: "m" }, ADMINISTRATORS],
  ["PUT /identities/modules/%20", {}, ADMINISTRATORS],
  ["DELETE /identities/modules/%20", undefined, ADMINISTRATORS],
  ["POST /identities/device/reprovision", undefined, ADMINISTRATORS],
];

Deno.test("the rights of each kind of caller are the same in every api-version", {
  ignore: !isRoot,
}, async () => {
  await using world = await makeWorld({
    principals: principal(CALLERS.administrator, "adm") +
      principal(CALLERS.device, "dev", "device") + principal(CALLERS.module, "mod", "module"),
  });
  await world.identityd.daemon.start();
  for (const version of VERSIONS) {
    for (const [request, body, allowed] of RIGHTS) {
      for (const [caller, uid] of Object.entries(CALLERS)) {
        const answer = await send(
          world.identityd.socket,
          { request, ...body === undefined ? {} : { body: JSON.stringify(body) } },
          `api-version=${version}`,
          uid,
        );
        const what = `${version} ${caller}: ${request} answered ${answer.status}`;
        assert.equal(answer.status !== 401, allowed.includes(caller), what);
        if (answer.status === 401) assert.equal(messageOf(answer), "authorization error", what);
      }
    }
  }
});
