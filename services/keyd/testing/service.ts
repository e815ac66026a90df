// SPDX-License-Identifier: MIT

/** The Keys Service on the product's own keys library and key files, without a socket, for tests. */

import assert from "node:assert/strict";
import { type KeysLibrary, openKeysLibrary } from "../../../ffi/keys.ts";
import { libraryPath } from "../../../ffi/library_path.ts";
import { BodyReader } from "../../http/body.ts";
import { Dispatcher } from "../../http/dispatch.ts";
import { Exchange } from "../../http/exchange.ts";
import type { Route } from "../../http/routes.ts";
import { createLog } from "../../log/log.ts";
import { routes, VERSIONS } from "../api.ts";
import { Handles } from "../handles.ts";
import { NativeLibrary } from "../native_library.ts";
import { Operations } from "../operations.ts";
import type { Principal } from "../principals.ts";
import { ValidationKey } from "../validation_key.ts";

/** Callers: one who may do anything, one with principals, one without. */
export const ROOT = { pid: 1, uid: 0, gid: 0 };
export const PUMP = { pid: 77, uid: 1077, gid: 1077 };
export const STRANGER = { pid: 78, uid: 1078, gid: 1078 };

/** Both libraries keep their settings for the process, and test modules share one: each has copies. */
function openCopies(): KeysLibrary {
  const directory = Deno.makeTempDirSync({ prefix: "aziot-keys-library-" });
  try {
    const copied = (name: string) => {
      Deno.copyFileSync(libraryPath(name), `${directory}/${name}`);
      return `${directory}/${name}`;
    };
    return openKeysLibrary({
      shim: copied("libaziot_keys_shim.so"),
      library: copied("libaziot_keys.so"),
    });
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

const functions = openCopies();

/** A status and the JSON of the body. */
export interface Answer {
  status: number;
  body: Record<string, string> | undefined;
}

/** A service on a key store of its own. */
export class Service implements AsyncDisposable {
  readonly log: string[] = [];
  principals: Principal[] = [{ uid: PUMP.uid, keys: ["pump-?", "m*"] }];
  readonly routes: readonly Route[];
  readonly #bodies = new BodyReader(5000);
  readonly #dispatcher: Dispatcher;

  private constructor(readonly home: string, readonly version: string) {
    const log = createLog("keyd", "trace", {
      write: (bytes) => void this.log.push(new TextDecoder().decode(bytes)),
      now: () => new Date(),
    });
    const library = new NativeLibrary(functions, true);
    library.setParameter("homedir_path", home);
    const operations = new Operations(
      library,
      new Handles(new ValidationKey(library)),
      () => this.principals,
    );
    this.routes = routes(operations, log);
    this.#dispatcher = new Dispatcher({
      versions: VERSIONS,
      routes: this.routes,
      log,
      bodies: this.#bodies,
    });
  }

  /** Starts a service whose callers name this api-version. */
  static async start(version = "2021-05-01"): Promise<Service> {
    return new Service(await Deno.makeTempDir({ prefix: "aziot-keyd-" }), version);
  }

  /** Sends a request and answers what comes back. */
  async call(method: string, path: string, body?: unknown, peer = ROOT): Promise<Answer> {
    const request = new Request(`http://keyd.sock${path}?api-version=${this.version}`, {
      method,
      ...body === undefined ? {} : {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      },
    });
    const response = await this.#dispatcher.handle(new Exchange(request, peer, 1));
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  /** The handle in the answer to a request that has to succeed. */
  async handle(method: string, path: string, body?: unknown): Promise<string> {
    const answer = await this.call(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body?.keyHandle ?? assert.fail("no handle");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bodies[Symbol.dispose]();
    await Deno.remove(this.home, { recursive: true });
  }
}

/** A 400 with this text. */
export const bad = (message: string): Answer => ({ status: 400, body: { message } });

/** The refusal of an id to a uid. */
export const unauthorized = (uid: number, id: string): Answer => ({
  status: 401,
  body: { message: `user ${uid} is not authorized to access the key ${id}` },
});

/** What the library's refusal of an argument is for a caller; also a key that is not there. */
export const NOT_FOUND = bad("a parameter has an invalid value");
