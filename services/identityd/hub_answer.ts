// SPDX-License-Identifier: MIT

/** What an answer of IoT Hub, or of a parent device that speaks for it, means. */

import * as v from "valibot";
import { statusText } from "../http/reason_phrases.ts";
import type { CloudAnswer } from "./cloud_request.ts";
import { CloudError, type CloudFailure } from "./cloud_errors.ts";

/** The JSON of an answer with status 200; throws {@link CloudError} for anything else. */
export function jsonOf(answer: CloudAnswer): unknown {
  const type = answer.headers.get("content-type");
  if (type !== null && !/application\/json/i.test(type)) {
    throw refusal(answer, "invalid Content-Type; expected JSON");
  }
  if (answer.status >= 400) throw errorOf(answer);
  if (answer.status !== 200) {
    throw refusal(answer, `Expected one of [200], got ${statusText(answer.status)}`);
  }
  const value = parsed(answer.body);
  if (value === undefined) {
    throw new CloudError("invalid", "the answer is not JSON", { status: 200 });
  }
  return value;
}

/** Checks the answer to a removal, which has no body; throws {@link CloudError} unless it is 204. */
export function expectRemoved(answer: CloudAnswer): void {
  if (answer.status === 204) return;
  throw refusal(answer, `unexpected HTTP status code: ${statusText(answer.status)}`);
}

// The hub says `Message`, a parent device `errorMessage`; either may mark an outage behind it.
const errorSchema = v.object({
  Message: v.nullish(v.string()),
  errorMessage: v.nullish(v.string()),
  networkError: v.nullish(v.boolean()),
});

function errorOf(answer: CloudAnswer): CloudError {
  const text = `HTTP error ${statusText(answer.status)}`;
  if (answer.body.length === 0) return refusal(answer, text);
  const { success, output } = v.safeParse(errorSchema, parsed(answer.body));
  const message = success ? output.Message ?? output.errorMessage : undefined;
  if (!success || typeof message !== "string") return refusal(answer, text);
  return refusal(answer, message, output.networkError === true ? "network" : undefined);
}

function refusal(answer: CloudAnswer, message: string, failure?: CloudFailure): CloudError {
  return new CloudError(failure ?? failureOf(answer.status), message, { status: answer.status });
}

function failureOf(status: number): CloudFailure {
  if (status >= 500) return "network";
  return status >= 400 ? "rejected" : "invalid";
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    // The parser's message would quote the body, and modules come with their keys.
    return undefined;
  }
}
