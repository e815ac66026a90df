// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { ServiceError } from "../http/errors.ts";
import { BodyReader } from "../http/body.ts";
import { Dispatcher } from "../http/dispatch.ts";
import { Exchange } from "../http/exchange.ts";
import { RemoteError } from "../http/unix_client.ts";
import { SILENT } from "../log/log.ts";
import { routes, VERSIONS } from "./api.ts";
import { type Config, configSchema } from "./config.ts";
import type { Snapshot } from "./lifecycle.ts";
import type { LocalRequest } from "./local_identities.ts";
import type { Modules, UsableModule } from "./modules.ts";
import { MutationQueue } from "./mutation_queue.ts";
import { Principals } from "./principals.ts";
import { DEVICE, OUTAGE } from "./test_hub.ts";
import { EXAMPLE_KEY, handle, TestKeys } from "./test_keys.ts";

const CONFIG: Config = v.parse(
  configSchema,
  parseToml(`hostname = "press"
homedir = "/home"
[provisioning]
source = "manual"
iothub_hostname = "${DEVICE.hub}"
device_id = "${DEVICE.deviceId}"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
[localid]
domain = "example.net"
[[principal]]
uid = 1
name = "adm"
[[principal]]
uid = 2
name = "mod"
idtype = ["module"]
[[principal]]
uid = 3
name = "dev"
idtype = ["device"]
[[principal]]
uid = 4
name = "loc"
idtype = ["local"]
localid = { type = "x509", attributes = "server" }
[[principal]]
uid = 5
name = "all"
idtype = ["device", "module", "local"]
[[principal]]
uid = 6
name = "nothing"
idtype = []
`),
);

const ADMIN = 1;

/** A service whose modules are all there, with keys in memory. */
class TestService {
  snapshot: Snapshot = {
    config: CONFIG,
    principals: new Principals(CONFIG.principal),
    device: DEVICE,
  };
  readonly keys = new TestKeys({ "device-id": EXAMPLE_KEY });
  readonly queue = new MutationQueue();
  readonly issued: LocalRequest[] = [];
  /** Calls that reached the modules. */
  readonly calls: string[] = [];
  fault: () => void = () => {};

  readonly lifecycle = {
    current: () => this.snapshot,
    get snapshot() {
      return this.current();
    },
    reprovision: () => this.#do("reprovision", undefined),
  };

  readonly modules: Pick<Modules, "list" | "get" | "create" | "update" | "remove"> = {
    list: (device) =>
      this.#do("list", [
        { moduleId: "mod", deviceId: device.deviceId, generationId: "1" },
        { moduleId: "half", deviceId: device.deviceId },
      ]),
    get: (_device, id) => this.#do(`get ${id}`, usable(id)),
    create: (_device, id) => this.#do(`create ${id}`, usable(id)),
    update: (_device, id) => this.#do(`update ${id}`, usable(id)),
    remove: (_device, id) => this.#do(`remove ${id}`, undefined),
  };

  async request(
    uid: number,
    request: string,
    body?: unknown,
    version = "2022-08-01",
  ): Promise<{ status: number; body: unknown }> {
    const [method = "GET", target = ""] = request.split(" ");
    using bodies = new BodyReader(5_000);
    const dispatcher = new Dispatcher({
      bodies,
      versions: VERSIONS,
      routes: routes({
        ...this,
        lifecycle: this.lifecycle,
        modules: this.modules,
        issueLocal: (request) => {
          this.issued.push(request);
          return Promise.resolve({
            type: "local",
            spec: {
              moduleId: request.moduleId,
              auth: { privateKey: "k", certificate: "c", expiration: "e" },
            },
          });
        },
        trust: {
          read: (certId) => Promise.resolve(certId === undefined ? "" : `PEM of ${certId}`),
        },
        readText: () => Promise.reject(new Error("no file")),
      }),
      log: SILENT,
    });
    const url = `http://identityd.sock${target}${
      target.includes("?") ? "&" : "?"
    }api-version=${version}`;
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { "content-type": "application/json" };
    const response = await dispatcher.handle(
      new Exchange(new Request(url, { method, headers, ...content }), { pid: 1, uid, gid: 1 }, 1),
    );
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async #do<T>(call: string, result: T): Promise<T> {
    this.calls.push(call);
    await Promise.resolve();
    this.fault();
    return result;
  }
}

function usable(moduleId: string): UsableModule {
  return { moduleId, generationId: "1", handle: handle(`handle of ${moduleId}`) };
}

const SPEC = { hubName: DEVICE.hub, gatewayHost: DEVICE.gateway, deviceId: DEVICE.deviceId };
const DEVICE_JSON = {
  type: "aziot",
  spec: { ...SPEC, auth: { type: "sas", keyHandle: "key:device-id" } },
};
const moduleJson = (moduleId: string) => ({
  type: "aziot",
  spec: {
    ...SPEC,
    moduleId,
    genId: "1",
    auth: { type: "sas", keyHandle: `handle of ${moduleId}` },
  },
});
const localJson = (moduleId: string) => ({
  type: "local",
  spec: { moduleId, auth: { privateKey: "k", certificate: "c", expiration: "e" } },
});
const failure = (...lines: string[]) => ({ message: lines.join("\ncaused by: ") });
const UNAUTHORIZED = { status: 401, body: failure("authorization error") };

for (const version of VERSIONS) {
  Deno.test(`an administrator may ask for everything, api-version ${version}`, async () => {
    const rows: [request: string, body: unknown, status: number, answer: unknown][] = [
      ["GET /identities/identity", undefined, 200, DEVICE_JSON],
      ["POST /identities/device", { type: "" }, 200, DEVICE_JSON],
      ["POST /identities/device/reprovision", undefined, 204, undefined],
      ["GET /identities/modules?type=aziot", undefined, 200, {
        identities: [
          { type: "aziot", spec: { ...SPEC, moduleId: "mod", genId: "1" } },
          { type: "aziot", spec: { ...SPEC, moduleId: "half" } },
        ],
      }],
      ["POST /identities/modules", { type: "aziot", moduleId: "x" }, 200, moduleJson("x")],
      ["GET /identities/modules/x?type=aziot", undefined, 200, moduleJson("x")],
      ["GET /identities/modules/%24edgeAgent?type=aziot", undefined, 200, moduleJson("$edgeAgent")],
      ["PUT /identities/modules/x?type=aziot", 5, 200, moduleJson("x")],
      ["DELETE /identities/modules/x?type=aziot", undefined, 204, undefined],
      ["GET /identities/modules/loc?type=local", undefined, 200, localJson("loc")],
      ["POST /identities/modules", { type: "local", moduleId: "new" }, 200, localJson("new")],
      ["GET /trust-bundle", undefined, 200, { certificate: "" }],
    ];
    for (const [request, body, status, answer] of rows) {
      assert.deepEqual(
        await new TestService().request(ADMIN, request, body, version),
        { status, body: answer },
        request,
      );
    }
  });
}

Deno.test("provisioning settings are open to everybody, from the second api-version on", async () => {
  const service = new TestService();
  const info = { status: 200, body: { source: "manual", auth: "sas" } };
  assert.deepEqual(await service.request(999, "GET /identities/provisioning"), info);
  assert.deepEqual(
    await service.request(999, "GET /identities/provisioning", undefined, "2021-12-01"),
    info,
  );
  assert.deepEqual(
    await service.request(ADMIN, "GET /identities/provisioning", undefined, "2020-09-01"),
    { status: 404, body: failure("not found") },
  );
});

Deno.test("a caller's own identity is the device's, its module's or its local one", async () => {
  const rows: [uid: number, expected: { status: number; body: unknown }][] = [
    [0, { status: 200, body: DEVICE_JSON }],
    [1, { status: 200, body: DEVICE_JSON }],
    [2, { status: 200, body: moduleJson("mod") }],
    [3, { status: 200, body: DEVICE_JSON }],
    [4, { status: 200, body: localJson("loc") }],
    [5, { status: 200, body: DEVICE_JSON }],
    [6, UNAUTHORIZED],
    [999, UNAUTHORIZED],
  ];
  for (const [uid, expected] of rows) {
    assert.deepEqual(await new TestService().request(uid, "GET /identities/identity"), expected);
  }
});

Deno.test("what a caller may not do is refused before anything else of the request is looked at", async () => {
  const administration: [request: string, body?: unknown][] = [
    ["GET /identities/modules?type=zz"],
    ["GET /identities/modules"],
    ["POST /identities/modules", { type: "zz", moduleId: "" }],
    ["PUT /identities/modules/%20?type=zz", {}],
    ["DELETE /identities/modules/x"],
    ["POST /identities/device/reprovision"],
  ];
  for (const uid of [2, 3, 4, 5, 6, 999]) {
    for (const [request, body] of administration) {
      assert.deepEqual(await new TestService().request(uid, request, body), UNAUTHORIZED, request);
    }
  }
  const own: [uid: number, request: string][] = [
    [2, "GET /identities/modules/mod?type=local"],
    [4, "GET /identities/modules/loc?type=aziot"],
    [2, "GET /identities/modules/other?type=zz"],
    [6, "GET /identities/modules/nothing?type=aziot"],
  ];
  for (const [uid, request] of own) {
    assert.deepEqual(await new TestService().request(uid, request), UNAUTHORIZED, request);
  }
});

Deno.test("a parameter that makes no sense is named with the reason", async () => {
  const type = (reason: string) => failure('parameter "type" has an invalid value', reason);
  const empty = failure(
    'parameter "module_id" has an invalid value',
    "module name cannot be empty",
  );
  const rows: [request: string, body: unknown, expected: unknown][] = [
    ["GET /identities/modules", undefined, type("missing parameter")],
    ["GET /identities/modules?type=", undefined, type("invalid type: ")],
    ["GET /identities/modules?type=local", undefined, type("invalid type: local")],
    ["GET /identities/modules?type=local&type=aziot", undefined, type("invalid type: local")],
    ["GET /identities/modules/x", undefined, type("missing parameter")],
    ["GET /identities/modules/x?type=AZIOT", undefined, type("invalid type: AZIOT")],
    ["PUT /identities/modules/x?type=local", {}, type("invalid type: local")],
    ["DELETE /identities/modules/x?type=local", undefined, type("invalid type: local")],
    ["POST /identities/modules", { type: "zz", moduleId: "x" }, type("invalid type: zz")],
    ["GET /identities/modules/%20?type=aziot", undefined, empty],
    ["PUT /identities/modules/%20?type=aziot", {}, empty],
    ["DELETE /identities/modules/%09?type=aziot", undefined, empty],
    ["POST /identities/modules", { type: "aziot", moduleId: "  " }, empty],
    ["POST /identities/modules", { type: "local", moduleId: "" }, empty],
    [
      "GET /identities/modules/none?type=local",
      undefined,
      failure('parameter "moduleId" has an invalid value', "local identity for none doesn't exist"),
    ],
    [
      "POST /identities/modules",
      { type: "local", moduleId: "loc" },
      failure('parameter "moduleId" has an invalid value', "local identity for loc already exists"),
    ],
  ];
  for (const [request, body, expected] of rows) {
    assert.deepEqual(await new TestService().request(ADMIN, request, body), {
      status: 400,
      body: expected,
    }, request);
  }
});

Deno.test("names that would lead to another resource never reach the hub", async () => {
  for (const id of ["a%2Fb", "sp%20ace", "%C3%A9", "a%00b", "x".repeat(129)]) {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const service = new TestService();
      const body = method === "PUT" ? {} : undefined;
      const answer = await service.request(
        ADMIN,
        `${method} /identities/modules/${id}?type=aziot`,
        body,
      );
      assert.equal(answer.status, 400, `${method} ${id}`);
      assert.match(JSON.stringify(answer.body), /parameter \\"module_id\\" has an invalid value/);
      assert.deepEqual(service.calls, []);
    }
  }
});

Deno.test("a body has its fields, and options of a local identity are looked at", async () => {
  const local = (localIdOpts: unknown) => ({ type: "local", moduleId: "new", localIdOpts });
  const rows: [request: string, body: unknown, status: number][] = [
    ["POST /identities/device", {}, 422],
    ["POST /identities/device", { type: null }, 422],
    ["POST /identities/device", ["aziot"], 422],
    ["POST /identities/modules", { type: "aziot" }, 422],
    ["POST /identities/modules", { moduleId: "x" }, 422],
    ["POST /identities/modules", { type: 5, moduleId: "x" }, 422],
    [
      "POST /identities/modules",
      { type: "aziot", moduleId: "x", localIdOpts: { type: "zz" } },
      200,
    ],
    ["POST /identities/modules", local({ type: "zz" }), 422],
    ["POST /identities/modules", local({}), 422],
    ["POST /identities/modules", local("x"), 422],
    ["POST /identities/modules", local({ type: "x509", attributes: "both" }), 422],
    ["POST /identities/modules", local({ type: "x509" }), 200],
    ["POST /identities/modules", local(null), 200],
  ];
  for (const [request, body, status] of rows) {
    assert.equal((await new TestService().request(ADMIN, request, body)).status, status);
  }
  assert.deepEqual(await new TestService().request(ADMIN, "POST /identities/device"), {
    status: 400,
    body: failure("missing request body"),
  });
});

Deno.test("a local identity gets the certificate that its principal or its caller says", async () => {
  const service = new TestService();
  await service.request(ADMIN, "GET /identities/modules/loc?type=local");
  await service.request(5, "GET /identities/modules/all?type=local");
  await service.request(ADMIN, "POST /identities/modules", {
    type: "local",
    moduleId: "é".repeat(40),
    localIdOpts: { type: "x509", attributes: "server" },
  });
  assert.deepEqual(service.issued, [
    { moduleId: "loc", commonName: "loc.press.example.net", attributes: "server" },
    { moduleId: "all", commonName: "all.press.example.net", attributes: "client" },
    { moduleId: "é".repeat(40), commonName: "é".repeat(32), attributes: "server" },
  ]);
});

Deno.test("a local identity without a domain is a mistake of the configuration", async () => {
  const service = new TestService();
  const { localid: _, ...config } = CONFIG;
  service.snapshot = { ...service.snapshot, config };
  const { status, body } = await service.request(ADMIN, "GET /identities/modules/loc?type=local");
  assert.equal(status, 500);
  assert.match(JSON.stringify(body), /"message":"internal error"/);
});

Deno.test("without a device there are no identities of the hub, and the reason is told", async () => {
  const requests: [request: string, body?: unknown][] = [
    ["GET /identities/identity"],
    ["POST /identities/device", { type: "aziot" }],
    ["GET /identities/modules?type=aziot"],
    ["GET /identities/modules/x?type=aziot"],
    ["POST /identities/modules", { type: "aziot", moduleId: "x" }],
    ["PUT /identities/modules/x?type=aziot", {}],
    ["DELETE /identities/modules/x?type=aziot"],
  ];
  const { config, principals } = new TestService().snapshot;
  for (const [request, body] of requests) {
    const service = new TestService();
    service.snapshot = { config, principals };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 400,
      body: failure("device identity not found"),
    });
    service.snapshot = { config, principals, refusal: "Unauthorized" };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 400,
      body: failure("device identity not found", "Unauthorized"),
    });
  }
});

Deno.test("every failure of the hub is a 404 with its reason", async () => {
  const requests: [request: string, body?: unknown][] = [
    ["GET /identities/modules?type=aziot"],
    ["GET /identities/modules/x?type=aziot"],
    ["POST /identities/modules", { type: "aziot", moduleId: "x" }],
    ["PUT /identities/modules/x?type=aziot", {}],
    ["DELETE /identities/modules/x?type=aziot"],
    ["POST /identities/device/reprovision"],
  ];
  for (const [request, body] of requests) {
    const service = new TestService();
    service.fault = () => {
      throw OUTAGE();
    };
    assert.deepEqual(await service.request(ADMIN, request, body), {
      status: 404,
      body: failure("Hub client error", "timed out"),
    }, request);
  }
});

Deno.test("a missing generation is a 400, a key that cannot be had a 404, anything else a 500", async () => {
  const service = new TestService();
  service.fault = () => {
    throw new ServiceError(400, "module identity not found");
  };
  assert.deepEqual(await service.request(ADMIN, "GET /identities/modules/x?type=aziot"), {
    status: 400,
    body: failure("module identity not found"),
  });

  service.keys.failure = new RemoteError(400, "a parameter has an invalid value");
  assert.deepEqual(await service.request(ADMIN, "POST /identities/device", { type: "aziot" }), {
    status: 404,
    body: failure("Key client error", "a parameter has an invalid value"),
  });

  service.fault = () => {
    throw new Error("disk");
  };
  assert.equal((await service.request(ADMIN, "GET /identities/modules/x?type=aziot")).status, 500);
});

Deno.test("reads are answered while a mutation is running, and mutations wait their turn", async () => {
  const service = new TestService();
  const gate = Promise.withResolvers<void>();
  const running = service.queue.run(() => gate.promise);
  const create = service.request(ADMIN, "POST /identities/modules", {
    type: "aziot",
    moduleId: "x",
  });
  for (
    const request of [
      "GET /identities/identity",
      "GET /identities/provisioning",
      "GET /trust-bundle",
      "GET /identities/modules?type=aziot",
      "GET /identities/modules/mod?type=aziot",
    ]
  ) {
    assert.equal((await service.request(ADMIN, request)).status, 200, request);
  }
  assert.deepEqual(service.calls, ["list", "get mod"]);
  gate.resolve();
  await running;
  assert.equal((await create).status, 200);
});

Deno.test("a device that is gone by a mutation's turn is not used", async () => {
  const service = new TestService();
  const gate = Promise.withResolvers<void>();
  const running = service.queue.run(() => gate.promise);
  const create = service.request(ADMIN, "POST /identities/modules", {
    type: "aziot",
    moduleId: "x",
  });
  const { config, principals } = service.snapshot;
  await new Promise((resolve) => setTimeout(resolve, 0));
  service.snapshot = { config, principals };
  gate.resolve();
  await running;
  assert.equal((await create).status, 400);
  assert.deepEqual(service.calls, []);
});
