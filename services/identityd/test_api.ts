// SPDX-License-Identifier: MIT

import * as v from "valibot";
import { parseToml } from "../config/toml.ts";
import { BodyReader } from "../http/body.ts";
import { Dispatcher } from "../http/dispatch.ts";
import { Exchange } from "../http/exchange.ts";
import { SILENT } from "../log/log.ts";
import { routes, VERSIONS } from "./api.ts";
import { type Config, configSchema } from "./config.ts";
import type { Snapshot } from "./lifecycle.ts";
import type { LocalRequest } from "./local_identities.ts";
import type { Modules, UsableModule } from "./modules.ts";
import { MutationQueue } from "./mutation_queue.ts";
import { Principals } from "./principals.ts";
import { DEVICE } from "./test_hub.ts";
import { EXAMPLE_KEY, handle, TestKeys } from "./test_keys.ts";

/** A device with one principal of each kind, by uid. */
export const CONFIG: Config = v.parse(
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

/** The uid of the administrator. */
export const ADMIN = 1;

/** A service whose modules are all there, with keys in memory. */
export class TestService {
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

/** A module that the service can hand out. */
export function usable(moduleId: string): UsableModule {
  return { moduleId, generationId: "1", handle: handle(`handle of ${moduleId}`) };
}

/** What all identities of the hub have. */
export const SPEC = { hubName: DEVICE.hub, gatewayHost: DEVICE.gateway, deviceId: DEVICE.deviceId };
/** The device's identity. */
export const DEVICE_JSON = {
  type: "aziot",
  spec: { ...SPEC, auth: { type: "sas", keyHandle: "key:device-id" } },
};
/** A module's identity as administrators and its own process get it. */
export const moduleJson = (moduleId: string): object => ({
  type: "aziot",
  spec: {
    ...SPEC,
    moduleId,
    genId: "1",
    auth: { type: "sas", keyHandle: `handle of ${moduleId}` },
  },
});
/** A local identity as its process gets it. */
export const localJson = (moduleId: string): object => ({
  type: "local",
  spec: { moduleId, auth: { privateKey: "k", certificate: "c", expiration: "e" } },
});
/** The body of an error, one line a cause. */
export const failure = (...lines: string[]): { message: string } => ({
  message: lines.join("\ncaused by: "),
});
/** The answer to whoever may not do it. */
export const UNAUTHORIZED = { status: 401, body: failure("authorization error") };
