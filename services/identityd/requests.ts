// SPDX-License-Identifier: MIT

/** What the API's requests carry, and the answers to what makes no sense in them. */

import * as v from "valibot";
import { invalidParameter, type ServiceError } from "../http/errors.ts";
import type { Call } from "../http/routes.ts";
import type { LocalAttributes } from "./config.ts";
import { isHubId } from "./hub_ids.ts";

/** Body of a request for the device's identity; the value of `type` was never looked at. */
export const deviceRequest = v.object({ type: v.string() });

const localOptions = v.object({
  type: v.literal("x509"),
  attributes: v.optional(v.picklist(["client", "server"]), "client"),
});

/** Body of a request for a new identity; only local ones have options. */
export const moduleRequest = v.pipe(
  v.object({ type: v.string(), moduleId: v.string(), localIdOpts: v.optional(v.unknown()) }),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const { type, moduleId, localIdOpts } = value;
    const options = v.safeParse(v.nullish(localOptions), type === "local" ? localIdOpts : null);
    if (!options.success) {
      addIssue({ message: "localIdOpts: expected type x509, attributes client or server" });
      return NEVER;
    }
    const attributes: LocalAttributes = options.output?.attributes ?? "client";
    return { type, moduleId, attributes };
  }),
);

/** A request for a new identity. */
export type ModuleRequest = v.InferOutput<typeof moduleRequest>;

/** The kinds of identity that a `type` can name. */
export type IdentityType = "aziot" | "local";

/** The `type` parameter; throws `ServiceError` 400 unless it is one of `accepted`. */
export function requireType<T extends IdentityType>(
  call: Pick<Call, "query">,
  accepted: readonly T[],
): T {
  const type = call.query.first("type");
  if (type === undefined) throw invalidParameter("type", new Error("missing parameter"));
  const found = accepted.find((name) => name === type);
  if (found === undefined) throw invalidType(type);
  return found;
}

/** The answer to a kind of identity that there is not. */
export function invalidType(type: string): ServiceError {
  return invalidParameter("type", new Error(`invalid type: ${type}`));
}

/** Throws `ServiceError` 400 for a name of nothing but white space. */
export function requireName(id: string): void {
  if (id.trim() !== "") return;
  throw invalidParameter("module_id", new Error("module name cannot be empty"));
}

/** A module name that IoT Hub takes; throws `ServiceError` 400 for any other. */
export function requireModuleId(id: string): string {
  requireName(id);
  if (isHubId(id)) return id;
  throw invalidParameter(
    "module_id",
    new Error(
      "a module name has 1 to 128 ASCII letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
    ),
  );
}
