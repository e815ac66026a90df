// SPDX-License-Identifier: MIT

/**
 * One request to the cloud until it has an answer: attempts, pauses and fresh credentials. What
 * the answer means is the caller's business.
 */

import { MAX_THROTTLES } from "../http/throttle_pauses.ts";
import { ConnectionError } from "../http/unix_client.ts";
import type { Log } from "../log/log.ts";
import { TlsError } from "../tls/errors.ts";
import type { Clock } from "./clock.ts";
import { CloudError } from "./cloud_errors.ts";
import { PAUSE_AFTER_FAILURE, retryAfterOf, throttlePause } from "./retry_pauses.ts";

/** Answers of a hub are small; a larger one is not from a hub. */
const MAX_ANSWER = 4 * 1024 * 1024;

/** An answer of the cloud, whatever its status. */
export interface CloudAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The part of the HTTPS client that is used; see `services/tls/client.ts`. */
export interface Transport {
  request(request: {
    method: string;
    url: string;
    headers: Record<string, string>;
    body?: Uint8Array;
    timeouts: { connect: number; handshake: number; total: number };
    maxBody: number;
    idempotent: boolean;
    signal: AbortSignal;
  }): Promise<CloudAnswer>;
}

/** What is asked of the cloud. */
export interface CloudRequest {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly url: string;
  readonly ifMatch?: "*";
  /** Becomes the JSON body. */
  readonly body?: unknown;
  /** Makes the `authorization` header, anew for each attempt. */
  authorize(): Promise<string>;
}

/** How the cloud is asked. */
export interface CloudSettings {
  /** Milliseconds that one attempt may take. */
  readonly timeout: number;
  /** Further attempts after lost connections, timeouts and statuses that mean "away". */
  readonly retries: number;
}

/** What a request needs around it. */
export interface CloudContext {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the service is told to stop: no pause outlasts it. */
  readonly stopping: AbortSignal;
  /** Aborts when the service has stopped: no attempt outlasts it. */
  readonly cut: AbortSignal;
  /** Told of each pause that the cloud has imposed, in milliseconds. */
  throttled?(pause: number): void;
}

/** A gateway that has lost what is behind it; the next attempt may find it. */
const AWAY = new Set([502, 503, 504]);

/**
 * Sends `request` and answers with whatever final answer comes, of any status but 429. Throws
 * {@link CloudError} when there is none: `network`, `throttled`, or `rejected` when the token
 * could not be signed.
 */
export async function cloudRequest(
  request: CloudRequest,
  settings: CloudSettings,
  context: CloudContext,
): Promise<CloudAnswer> {
  const { clock, log, stopping } = context;
  let failures = 0;
  let throttles = 0;
  for (;;) {
    const outcome = await attempt(request, settings, context);
    if (outcome instanceof CloudError) {
      log.warn(
        `Failed to send HTTP request (attempt ${failures + 1} of ${settings.retries + 1}): ` +
          outcome.message,
      );
      if (failures++ >= settings.retries) throw outcome;
      await clock.sleep(PAUSE_AFTER_FAILURE, stopping);
      continue;
    }

    const retryAfter = retryAfterOf(outcome.headers, clock.now());
    if (outcome.status === 429) {
      const pause = throttlePause(++throttles, retryAfter, () => clock.random());
      const count = `(attempt ${throttles} of ${MAX_THROTTLES})`;
      if (pause === undefined) {
        log.warn(`Final HTTP request throttled ${count}.`);
        throw new CloudError("throttled", "429: Too many requests", { status: 429 });
      }
      log.warn(`HTTP request throttled ${count}. Sleeping for ${pause / 1_000} seconds.`);
      context.throttled?.(pause);
      await clock.sleep(pause, stopping);
      continue;
    }

    if (!AWAY.has(outcome.status) || failures++ >= settings.retries) return outcome;
    const pause = (outcome.status === 503 ? retryAfter : undefined) ?? PAUSE_AFTER_FAILURE;
    log.warn(
      `HTTP request answered ${outcome.status} (attempt ${failures} of ${settings.retries + 1}). ` +
        `Sleeping for ${pause / 1_000} seconds.`,
    );
    await clock.sleep(pause, stopping);
  }
}

/** One attempt: its answer, or why there is none and another attempt may have one. */
async function attempt(
  request: CloudRequest,
  settings: CloudSettings,
  { transport, clock, log, cut }: CloudContext,
): Promise<CloudAnswer | CloudError> {
  const authorization = await authorizationOf(request, log);
  const body = request.body === undefined
    ? undefined
    : new TextEncoder().encode(JSON.stringify(request.body));
  const timeout = clock.real(settings.timeout);
  try {
    return await transport.request({
      method: request.method,
      url: request.url,
      headers: {
        ...body ? { "content-type": "application/json" } : {},
        authorization,
        ...request.ifMatch ? { "if-match": request.ifMatch } : {},
      },
      ...body ? { body } : {},
      timeouts: { connect: timeout, handshake: timeout, total: timeout },
      maxBody: MAX_ANSWER,
      // Where a lost attempt is followed by another one, it may as well be at once.
      idempotent: request.method === "GET" || settings.retries > 0,
      signal: cut,
    });
  } catch (cause) {
    if (cut.aborted || !(cause instanceof TlsError)) throw cause;
    if (cause.phase === "timeout") return new CloudError("network", "timed out");
    return new CloudError("network", cause.message);
  }
}

async function authorizationOf(request: CloudRequest, log: Log): Promise<string> {
  try {
    return await request.authorize();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    log.warn(`the Keys Service did not sign a token: ${reason}`);
    // A Keys Service that is restarting is an outage; one that says no is a mistake.
    throw new CloudError(cause instanceof ConnectionError ? "network" : "rejected", reason);
  }
}
