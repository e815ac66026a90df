// SPDX-License-Identifier: MIT

/**
 * The Identity Service as other programs use it, over its unix socket.
 *
 *     const identities = identityClient({ socket: "/run/aziot/identityd.sock" });
 *     const me = await identities.getCallerIdentity();
 */

import * as v from "valibot";
import { encodeSegment, unixClient } from "../http/unix_client.ts";
import type { KeyHandle } from "../keyd/client.ts";
import type { Log } from "../log/log.ts";

export type { KeyHandle } from "../keyd/client.ts";
export type { Level, Log } from "../log/log.ts";

/** How the holder of an identity proves it. */
export interface Auth {
  /** The kind of proof. */
  type: "sas" | "x509" | "tpm";
  /** The Keys Service's handle of the key; absent for `tpm`. */
  keyHandle?: KeyHandle;
  /** The Certificates Service's id of the certificate; `x509` only. */
  certId?: string;
}

/** An identity in IoT Hub: the device's, or that of one of its modules. */
export interface AziotIdentity {
  /** Tells the kinds of identity apart. */
  type: "aziot";
  /** What the identity consists of. */
  spec: {
    hubName: string;
    /** The parent device, or the hub itself. */
    gatewayHost: string;
    deviceId: string;
    /** Modules only, as is `genId`. */
    moduleId?: string;
    genId?: string;
    /** Absent in lists. */
    auth?: Auth;
  };
}

/** An identity for callers of the device itself: key and certificate come along. */
export interface LocalIdentity {
  /** Tells the kinds of identity apart. */
  type: "local";
  /** What the identity consists of. */
  spec: {
    moduleId: string;
    auth: {
      /** PKCS#8, PEM. */
      privateKey: string;
      /** Chain, PEM, the identity's own certificate first. */
      certificate: string;
      /** RFC 3339 with `+00:00`. */
      expiration: string;
    };
  };
}

/** Any identity. */
export type Identity = AziotIdentity | LocalIdentity;

/** Where the device's identity comes from; names and order are those of the API. */
export type ProvisioningInfo =
  | {
    source: "dps";
    auth: "symmetric_key" | "x509" | "tpm";
    endpoint: string;
    scope_id: string;
    registration_id: string;
    /** What the payload file holds now; `null` when none is configured. */
    payload: unknown;
  }
  | { source: "manual"; auth: "sas" | "x509" }
  | { source: "none" };

/** How a client reaches the service. */
export interface IdentityClientOptions {
  /** Path of the service's socket. */
  socket: string;
  /** Time for one attempt; default 10 minutes, because the service may be waiting for the cloud. */
  timeoutMs?: number;
  /** Further attempts after connect errors, I/O errors and timeouts; default none. */
  retries?: number;
  /** Gets a warning for each attempt that failed or was throttled; default none. */
  log?: Log;
  /** Lets time pass between attempts; tests bring their own. */
  pause?: (milliseconds: number) => Promise<void>;
}

/**
 * The Identity Service. Each method rejects with `RemoteError` (status and message) when the
 * service refuses, with `NotConnectedError` when it cannot be reached.
 */
export interface IdentityClient {
  /** The identity of the calling process, whatever it is. */
  getCallerIdentity(signal?: AbortSignal): Promise<Identity>;
  /** The device's identity. */
  getDeviceIdentity(signal?: AbortSignal): Promise<AziotIdentity>;
  /** Where the device's identity comes from, by the present configuration. */
  getProvisioningInfo(signal?: AbortSignal): Promise<ProvisioningInfo>;
  /** All module identities of the device, without `auth`. */
  listModules(signal?: AbortSignal): Promise<AziotIdentity[]>;
  /** One identity; `type` default `aziot`. */
  getModule(id: string, type?: "aziot" | "local", signal?: AbortSignal): Promise<Identity>;
  /** Makes an identity; `type` default `aziot`. */
  createModule(id: string, type?: "aziot" | "local", signal?: AbortSignal): Promise<Identity>;
  /** Gives a module's keys to the hub again. */
  updateModule(id: string, signal?: AbortSignal): Promise<AziotIdentity>;
  /** Removes a module from the hub. */
  deleteModule(id: string, signal?: AbortSignal): Promise<void>;
  /** Provisions the device anew; its modules that are principals get new keys. */
  reprovision(signal?: AbortSignal): Promise<void>;
  /** PEM certificates to trust; often empty. */
  getTrustBundle(signal?: AbortSignal): Promise<string>;
}

/** Makes a client; connections are opened as they are needed. */
export function identityClient(options: IdentityClientOptions): IdentityClient {
  return new UnixIdentityClient(options);
}

const VERSION = { "api-version": "2021-12-01" };
const TEN_MINUTES = 10 * 60_000;

// The one place where a text from the service becomes a handle.
const keyHandle = v.custom<KeyHandle>((text) => typeof text === "string");

const aziotIdentity = v.object({
  type: v.literal("aziot"),
  spec: v.object({
    hubName: v.string(),
    gatewayHost: v.string(),
    deviceId: v.string(),
    moduleId: v.exactOptional(v.string()),
    genId: v.exactOptional(v.string()),
    auth: v.exactOptional(v.object({
      type: v.picklist(["sas", "x509", "tpm"]),
      keyHandle: v.exactOptional(keyHandle),
      certId: v.exactOptional(v.string()),
    })),
  }),
});

const localIdentity = v.object({
  type: v.literal("local"),
  spec: v.object({
    moduleId: v.string(),
    auth: v.object({ privateKey: v.string(), certificate: v.string(), expiration: v.string() }),
  }),
});

const identity = v.variant("type", [aziotIdentity, localIdentity]);

const provisioningInfo = v.variant("source", [
  v.object({
    source: v.literal("dps"),
    auth: v.picklist(["symmetric_key", "x509", "tpm"]),
    endpoint: v.string(),
    scope_id: v.string(),
    registration_id: v.string(),
    payload: v.unknown(),
  }),
  v.object({ source: v.literal("manual"), auth: v.picklist(["sas", "x509"]) }),
  v.object({ source: v.literal("none") }),
]);

interface Asked {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  type?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

class UnixIdentityClient implements IdentityClient {
  readonly #http: ReturnType<typeof unixClient>;

  constructor(
    { timeoutMs = TEN_MINUTES, ...options }: IdentityClientOptions,
  ) {
    this.#http = unixClient({ ...options, host: "identityd.sock", timeoutMs });
  }

  getCallerIdentity(signal?: AbortSignal): Promise<Identity> {
    return this.#ask({ method: "GET", path: "/identities/identity", signal }, identity);
  }

  getDeviceIdentity(signal?: AbortSignal): Promise<AziotIdentity> {
    const body = { type: "aziot" };
    return this.#ask({ method: "POST", path: "/identities/device", body, signal }, aziotIdentity);
  }

  getProvisioningInfo(signal?: AbortSignal): Promise<ProvisioningInfo> {
    return this.#ask({ method: "GET", path: "/identities/provisioning", signal }, provisioningInfo);
  }

  async listModules(signal?: AbortSignal): Promise<AziotIdentity[]> {
    const asked: Asked = { method: "GET", path: "/identities/modules", type: "aziot", signal };
    return (await this.#ask(asked, v.object({ identities: v.array(aziotIdentity) }))).identities;
  }

  getModule(
    id: string,
    type: "aziot" | "local" = "aziot",
    signal?: AbortSignal,
  ): Promise<Identity> {
    return this.#ask({ method: "GET", path: pathOf(id), type, signal }, identity);
  }

  createModule(
    id: string,
    type: "aziot" | "local" = "aziot",
    signal?: AbortSignal,
  ): Promise<Identity> {
    const body = { type, moduleId: id };
    return this.#ask({ method: "POST", path: "/identities/modules", body, signal }, identity);
  }

  updateModule(id: string, signal?: AbortSignal): Promise<AziotIdentity> {
    const body = { type: "aziot", moduleId: id };
    return this.#ask(
      { method: "PUT", path: pathOf(id), type: "aziot", body, signal },
      aziotIdentity,
    );
  }

  deleteModule(id: string, signal?: AbortSignal): Promise<void> {
    return this.#tell({ method: "DELETE", path: pathOf(id), type: "aziot", signal });
  }

  reprovision(signal?: AbortSignal): Promise<void> {
    const body = { type: "aziot" };
    return this.#tell({ method: "POST", path: "/identities/device/reprovision", body, signal });
  }

  async getTrustBundle(signal?: AbortSignal): Promise<string> {
    const schema = v.object({ certificate: v.string() });
    return (await this.#ask({ method: "GET", path: "/trust-bundle", signal }, schema)).certificate;
  }

  async #ask<S extends v.GenericSchema>(asked: Asked, schema: S): Promise<v.InferOutput<S>> {
    const parsed = v.safeParse(schema, await this.#send(asked, 200));
    if (parsed.success) return parsed.output;
    throw new Error(`the Identity Service gave no usable answer to ${asked.method} ${asked.path}`);
  }

  async #tell(asked: Asked): Promise<void> {
    await this.#send(asked, 204);
  }

  #send({ method, path, type, body, signal }: Asked, expect: 200 | 204): Promise<unknown> {
    return this.#http.request({
      method,
      path,
      query: type === undefined ? VERSION : { type, ...VERSION },
      ...body === undefined ? {} : { body },
      expect,
      // Asking for the device has a body and changes nothing.
      idempotent: method === "GET" || path === "/identities/device",
      ...signal ? { signal } : {},
    });
  }
}

function pathOf(id: string): string {
  return `/identities/modules/${encodeSegment(id)}`;
}
