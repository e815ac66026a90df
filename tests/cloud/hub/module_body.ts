// SPDX-License-Identifier: MIT

/** The body of a module PUT. Members that only the hub sets are accepted and ignored. */

import * as v from "valibot";
import { type CloudRequest, headerValues } from "../exchange.ts";
import { type Credentials, keysFrom, thumbprintsFrom } from "./credentials.ts";
import { badArgument } from "./hub_error.ts";

/** What a client may ask for. */
export interface ModuleBody {
  managedBy: string | null;
  /** Absent: fresh keys on create, no change on update. */
  credentials?: Credentials;
}

const Text = v.nullish(v.string());

const Schema = v.object({
  moduleId: v.string(),
  deviceId: v.string(),
  managedBy: Text,
  authentication: v.nullish(v.object({
    type: Text,
    symmetricKey: v.nullish(v.object({ primaryKey: Text, secondaryKey: Text })),
    x509Thumbprint: v.nullish(v.object({ primaryThumbprint: Text, secondaryThumbprint: Text })),
  })),
});

type Authentication = NonNullable<v.InferOutput<typeof Schema>["authentication"]>;

/** Reads and checks the body; its ids must be those of the URL. Throws a HubError with 400. */
export function readModuleBody(
  request: CloudRequest,
  deviceId: string,
  moduleId: string,
): ModuleBody {
  const type = headerValues(request, "content-type").join(", ");
  if (!/^application\/json *(?:;|$)/i.test(type)) {
    throw badArgument("the content type must be application/json");
  }
  const result = v.safeParse(Schema, parse(request.body));
  if (!result.success) {
    const [issue] = result.issues;
    throw badArgument(`${v.getDotPath(issue) ?? "body"}: ${issue.message}`);
  }
  const { output } = result;
  if (output.deviceId !== deviceId) throw badArgument("deviceId is not that of the URL");
  if (output.moduleId !== moduleId) throw badArgument("moduleId is not that of the URL");
  const body: ModuleBody = { managedBy: output.managedBy ?? null };
  if (output.authentication) body.credentials = readCredentials(output.authentication);
  return body;
}

function readCredentials(authentication: Authentication): Credentials {
  const { symmetricKey, x509Thumbprint } = authentication;
  try {
    switch (authentication.type ?? "sas") {
      case "sas":
        return keysFrom(symmetricKey?.primaryKey, symmetricKey?.secondaryKey);
      // Clients of this api-version call a thumbprint `x509`, newer ones `selfSigned`.
      case "x509":
      case "selfSigned": {
        const { primaryThumbprint, secondaryThumbprint } = x509Thumbprint ?? {};
        return thumbprintsFrom(
          [primaryThumbprint, secondaryThumbprint].filter((text) => text !== null)
            .filter((text) => text !== undefined),
        );
      }
      case "none":
        return { type: "none" };
      default:
        throw badArgument(
          `authentication.type: expected sas, x509, selfSigned or none but received ${
            JSON.stringify(authentication.type)
          }`,
        );
    }
  } catch (cause) {
    if (cause instanceof RangeError) throw badArgument(cause.message);
    throw cause;
  }
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw badArgument("the body is not JSON");
  }
}
