// SPDX-License-Identifier: MIT

/**
 * The routes of the Keys Service and their answers. All of them are the same in both api-versions:
 * programs in the field use either for everything.
 */

import type * as v from "valibot";
import { encodeBase64 } from "../http/base64.ts";
import { json, noContent } from "../http/response.ts";
import { type Action, action, type Call, type Route } from "../http/routes.ts";
import type { Log } from "../log/log.ts";
import { decrypt, encrypt, sign } from "./algorithms.ts";
import { type Answer, chain } from "./answer.ts";
import { AuditRecord, outcomeOf } from "./audit.ts";
import type { StoredKey } from "./key_ref.ts";
import type { Operations } from "./operations.ts";
import { byHandle, createKey, createKeyPair, derive, move } from "./requests.ts";

/** The api-versions that callers may name, oldest first. */
export const VERSIONS = ["2020-09-01", "2021-05-01"];

/** What is signed or encrypted travels in the body: base64 of about 3 MiB. */
const LARGE_BODY = 4 * 1024 * 1024;

/** The route table. `log` gets the audit trail. */
export function routes(keys: Operations, log: Log): Route[] {
  const { withBody, withoutBody } = auditedActions(log);

  const load = (kind: StoredKey["kind"], operation: string) =>
    withoutBody(
      operation,
      async ({ params: [id = ""] }, record) => keyHandle(await keys.load({ kind, id }, record)),
    );
  const moveTo = (kind: StoredKey["kind"], operation: string) =>
    withBody(move, operation, async ({ body: { from }, params: [to = ""] }, record) => {
      await keys.move(kind, from, to, record);
      return noContent();
    });
  const remove = (kind: StoredKey["kind"], operation: string) =>
    withBody(byHandle, operation, async ({ body }, record) => {
      await keys.delete(kind, body.keyHandle, record);
      return noContent();
    });

  return [
    {
      path: /^\/sign$/,
      methods: {
        POST: withBody(
          sign,
          ({ algorithm }) => `sign ${algorithm.name}`,
          ({ body }, record) =>
            chain(
              keys.sign(body, record),
              (signature) => json(200, { signature: encodeBase64(signature) }),
            ),
          LARGE_BODY,
        ),
      },
    },
    {
      path: /^\/encrypt$/,
      methods: {
        POST: withBody(
          encrypt,
          ({ algorithm }) => `encrypt ${algorithm.name}`,
          ({ body }, record) =>
            chain(
              keys.encrypt(body, record),
              (ciphertext) => json(200, { ciphertext: encodeBase64(ciphertext) }),
            ),
          LARGE_BODY,
        ),
      },
    },
    {
      path: /^\/decrypt$/,
      methods: {
        POST: withBody(
          decrypt,
          ({ algorithm }) => `decrypt ${algorithm.name}`,
          ({ body }, record) =>
            chain(
              keys.decrypt(body, record),
              (plaintext) => json(200, { plaintext: encodeBase64(plaintext) }),
            ),
          LARGE_BODY,
        ),
      },
    },
    {
      path: /^\/key$/,
      methods: {
        POST: withBody(
          createKey,
          ({ keyBytes }) => keyBytes ? "import key" : "create key",
          async ({ body }, record) => keyHandle(await keys.createKey(body, record)),
        ),
        DELETE: remove("key", "delete key"),
      },
    },
    {
      path: /^\/key\/([^/]+)$/,
      methods: { GET: load("key", "load key"), POST: moveTo("key", "move key") },
    },
    {
      path: /^\/keypair$/,
      methods: {
        POST: withBody(
          createKeyPair,
          "create key pair",
          async ({ body }, record) => keyHandle(await keys.createKeyPair(body, record)),
        ),
        DELETE: remove("pair", "delete key pair"),
      },
    },
    {
      path: /^\/keypair\/([^/]+)$/,
      methods: { GET: load("pair", "load key pair"), POST: moveTo("pair", "move key pair") },
    },
    {
      path: /^\/parameters\/([^/]+)$/,
      methods: {
        POST: withBody(
          byHandle,
          "read parameter of key pair",
          async ({ body, params: [name = ""] }, record) =>
            json(200, { value: await keys.parameter(name, body.keyHandle, record) }),
        ),
      },
    },
    {
      path: /^\/derivedkey$/,
      methods: {
        POST: withBody(
          derive,
          "derive from key",
          async ({ body }, record) => keyHandle(await keys.derive(body, record)),
        ),
      },
    },
    {
      path: /^\/derivedkey\/export$/,
      methods: {
        POST: withBody(byHandle, "export key", async ({ body }, record) => {
          const key = await keys.exportDerived(body.keyHandle, record);
          return json(200, { key: encodeBase64(key) });
        }),
      },
    },
  ];
}

function keyHandle(handle: string): Response {
  return json(200, { keyHandle: handle });
}

/** Makes actions that leave one line in the audit trail each, however they end. */
function auditedActions(log: Log) {
  // Most operations answer at once; a promise for each would cost as much as the answer.
  function audited<C extends Call<unknown>>(
    call: C,
    operation: string,
    run: (call: C, record: AuditRecord) => Answer<Response>,
  ): Answer<Response> {
    const record = new AuditRecord(call.peer, operation);
    const succeeded = (response: Response) => {
      record.end(log, "ok");
      return response;
    };
    const failed = (error: unknown): never => {
      record.end(log, outcomeOf(error));
      throw error;
    };
    let answer: Answer<Response>;
    try {
      answer = run(call, record);
    } catch (error) {
      return failed(error);
    }
    return answer instanceof Promise ? answer.then(succeeded, failed) : succeeded(answer);
  }

  return {
    withoutBody: (
      operation: string,
      run: (call: Call<undefined>, record: AuditRecord) => Answer<Response>,
    ): Action => action({ body: "none", run: (call) => audited(call, operation, run) }),

    withBody: <S extends v.GenericSchema>(
      schema: S,
      operation: string | ((body: v.InferOutput<S>) => string),
      run: (call: Call<v.InferOutput<S>>, record: AuditRecord) => Answer<Response>,
      maxBody?: number,
    ): Action =>
      action({
        body: "required",
        schema,
        ...maxBody === undefined ? {} : { maxBody },
        run: (call: Call<v.InferOutput<S>>) =>
          audited(call, typeof operation === "string" ? operation : operation(call.body), run),
      }),
  };
}
