// SPDX-License-Identifier: MIT

/** The paths of the Identity Service and what each does. Rights are looked at first, always. */

import { ServiceError } from "../http/errors.ts";
import { json, noContent } from "../http/response.ts";
import { action, type Call, type Route } from "../http/routes.ts";
import type { KeyHandle, KeysClient } from "../keyd/client.ts";
import type { AziotIdentity, Identity, LocalIdentity } from "./client.ts";
import type { Device } from "./hub_registry.ts";
import { deviceIdentity, moduleIdentity } from "./identities.ts";
import { clientError, type Lifecycle } from "./lifecycle.ts";
import { configuredLocalIdentity, type IssueLocal, newLocalIdentity } from "./local_identities.ts";
import type { Modules, UsableModule } from "./modules.ts";
import type { MutationQueue } from "./mutation_queue.ts";
import { may, type Operation } from "./principals.ts";
import { provisioningInfo } from "./provisioning_info.ts";
import {
  deviceRequest,
  invalidType,
  type ModuleRequest,
  moduleRequest,
  requireModuleId,
  requireName,
  requireType,
} from "./requests.ts";
import type { TrustBundle } from "./trust_bundle.ts";

/** The api-versions, oldest first. They differ in nothing but the provisioning settings' route. */
export const VERSIONS = ["2020-09-01", "2021-12-01", "2022-08-01"] as const;

/** What the routes work on. */
export interface ApiContext {
  readonly lifecycle: Pick<Lifecycle, "snapshot" | "reprovision">;
  readonly modules: Pick<Modules, "list" | "get" | "create" | "update" | "remove">;
  readonly queue: MutationQueue;
  readonly keys: Pick<KeysClient, "loadKey">;
  readonly issueLocal: IssueLocal;
  readonly trust: Pick<TrustBundle, "read">;
  readonly readText: (path: string) => Promise<string>;
}

/** The routes of the service. */
export function routes(context: ApiContext): Route[] {
  const api = new Api(context);
  return [
    {
      path: /^\/identities\/identity$/,
      methods: { GET: action({ body: "none", run: (call) => api.callerIdentity(call) }) },
    },
    {
      path: /^\/identities\/device$/,
      methods: {
        POST: action({
          body: "required",
          schema: deviceRequest,
          run: (call) => api.deviceIdentity(call),
        }),
      },
    },
    {
      path: /^\/identities\/device\/reprovision$/,
      methods: { POST: action({ body: "none", run: (call) => api.reprovision(call) }) },
    },
    {
      path: /^\/identities\/provisioning$/,
      since: "2021-12-01",
      methods: { GET: action({ body: "none", run: () => api.provisioning() }) },
    },
    {
      path: /^\/identities\/modules$/,
      methods: {
        GET: action({ body: "none", run: (call) => api.listModules(call) }),
        POST: action({
          body: "required",
          schema: moduleRequest,
          run: (call) => api.createIdentity(call),
        }),
      },
    },
    {
      path: /^\/identities\/modules\/([^/]+)$/,
      methods: {
        GET: action({ body: "none", run: (call) => api.getModule(call) }),
        PUT: action({ body: "required", run: (call) => api.updateModule(call) }),
        DELETE: action({ body: "none", run: (call) => api.deleteModule(call) }),
      },
    },
    {
      path: /^\/trust-bundle$/,
      methods: { GET: action({ body: "none", run: () => api.trustBundle() }) },
    },
  ];
}

type AnyCall = Call<unknown>;

class Api {
  constructor(readonly context: ApiContext) {}

  async callerIdentity({ peer }: AnyCall): Promise<Response> {
    const { principals } = this.context.lifecycle.snapshot;
    const caller = principals.caller(peer.uid);
    if (may(caller, { name: "device identity" })) return json(200, await this.#device());
    if (caller.kind !== "host") throw unauthorized();
    if (may(caller, { name: "one module", id: caller.name, type: "aziot" })) {
      return json(200, await this.#module(caller.name));
    }
    if (may(caller, { name: "one module", id: caller.name, type: "local" })) {
      return json(200, await this.#local(caller.name));
    }
    throw unauthorized();
  }

  async deviceIdentity(call: AnyCall): Promise<Response> {
    this.#authorize(call, { name: "device identity" });
    return json(200, await this.#device());
  }

  async reprovision(call: AnyCall): Promise<Response> {
    this.#authorize(call, { name: "administer" });
    await this.#hub(() => this.context.lifecycle.reprovision(() => call.signal.aborted));
    return noContent();
  }

  async provisioning(): Promise<Response> {
    const { config } = this.context.lifecycle.snapshot;
    return json(200, await provisioningInfo(config.provisioning, this.context.readText));
  }

  /** Modules get theirs from the module runtime; this one is for everybody else. */
  async trustBundle(): Promise<Response> {
    const { trust_bundle_cert: certId } = this.context.lifecycle.snapshot.config;
    return json(200, { certificate: await this.context.trust.read(certId) });
  }

  async listModules(call: AnyCall): Promise<Response> {
    this.#authorize(call, { name: "administer" });
    requireType(call, ["aziot"]);
    const device = this.#provisioned();
    const modules = await this.#hub(() => this.context.modules.list(device));
    return json(200, { identities: modules.map((module) => moduleIdentity(device, module)) });
  }

  async createIdentity(call: Call<ModuleRequest>): Promise<Response> {
    this.#authorize(call, { name: "administer" });
    const { type, moduleId, attributes } = call.body;
    switch (type) {
      case "aziot":
        requireModuleId(moduleId);
        return await this.#mutateModule(
          call,
          (device) => this.context.modules.create(device, moduleId),
        );
      case "local": {
        requireName(moduleId);
        const { config, principals } = this.context.lifecycle.snapshot;
        return json(
          200,
          await newLocalIdentity(
            moduleId,
            attributes,
            principals.locals,
            config,
            this.context.issueLocal,
          ),
        );
      }
      default:
        throw invalidType(type);
    }
  }

  async getModule(call: AnyCall): Promise<Response> {
    const id = moduleIdOf(call);
    this.#authorize(call, { name: "one module", id });
    const type = requireType(call, ["aziot", "local"]);
    this.#authorize(call, { name: "one module", id, type });
    return json(200, await (type === "local" ? this.#local(id) : this.#module(id)));
  }

  async updateModule(call: AnyCall): Promise<Response> {
    this.#authorize(call, { name: "administer" });
    requireType(call, ["aziot"]);
    const id = requireModuleId(moduleIdOf(call));
    return await this.#mutateModule(call, (device) => this.context.modules.update(device, id));
  }

  async deleteModule(call: AnyCall): Promise<Response> {
    this.#authorize(call, { name: "administer" });
    requireType(call, ["aziot"]);
    const id = requireModuleId(moduleIdOf(call));
    await this.#mutate(call, (device) => this.context.modules.remove(device, id));
    return noContent();
  }

  /** The device as callers get it; its key is asked for each time, because keys may be replaced. */
  async #device(): Promise<AziotIdentity> {
    const device = this.#provisioned();
    let keyHandle: KeyHandle;
    try {
      keyHandle = await this.context.keys.loadKey(device.credentials.keyId);
    } catch (cause) {
      throw new ServiceError(404, "Key client error", { cause });
    }
    return deviceIdentity(device, { type: "sas", keyHandle });
  }

  async #module(id: string): Promise<AziotIdentity> {
    requireModuleId(id);
    const device = this.#provisioned();
    return withKey(device, await this.#hub(() => this.context.modules.get(device, id)));
  }

  #local(id: string): Promise<LocalIdentity> {
    const { config, principals } = this.context.lifecycle.snapshot;
    return configuredLocalIdentity(id, principals.locals, config, this.context.issueLocal);
  }

  async #mutateModule(
    call: AnyCall,
    work: (device: Device) => Promise<UsableModule>,
  ): Promise<Response> {
    const identity: Identity = await this.#mutate(
      call,
      async (device) => withKey(device, await work(device)),
    );
    return json(200, identity);
  }

  /** Work in its turn, on the device of that moment. */
  async #mutate<T>(call: AnyCall, work: (device: Device) => Promise<T>): Promise<T> {
    // Without a device nobody has to wait to hear so.
    this.#provisioned();
    return await this.#hub(() =>
      this.context.queue.run(() => work(this.#provisioned()), () => call.signal.aborted)
    );
  }

  #provisioned(): Device {
    const { device, refusal } = this.context.lifecycle.snapshot;
    if (device) return device;
    const options = refusal === undefined ? {} : { cause: new Error(refusal) };
    throw new ServiceError(400, "device identity not found", options);
  }

  #authorize({ peer }: AnyCall, operation: Operation): void {
    const caller = this.context.lifecycle.snapshot.principals.caller(peer.uid);
    if (!may(caller, operation)) throw unauthorized();
  }

  async #hub<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw clientError(error);
    }
  }
}

function withKey(device: Device, module: UsableModule): AziotIdentity {
  return moduleIdentity(device, module, { type: "sas", keyHandle: module.handle });
}

function unauthorized(): ServiceError {
  return new ServiceError(401, "authorization error");
}

function moduleIdOf(call: AnyCall): string {
  return call.params[0] ?? "";
}
