// SPDX-License-Identifier: MIT

/** Sending an answer, promptly or not. */

import type { ServerResponse } from "node:http";
import type { Answer } from "./exchange.ts";
import type { Delivery } from "./fault_effects.ts";

/** In so many pieces a dripping body goes out, when it has as many bytes. */
const DRIPS = 20;

/**
 * Sends the answer; `date` is the value of that header. Resolves when all is sent, was cut off on
 * purpose, or the client has gone away.
 */
export async function deliver(
  outgoing: ServerResponse,
  answer: Answer,
  delivery: Delivery,
  date: () => string,
): Promise<void> {
  if (delivery.kind === "whole" && delivery.afterSeconds > 0) {
    if (!await pause(delivery.afterSeconds, outgoing)) return;
  }
  const bytes = new TextEncoder().encode(answer.body);
  const headers = [...answer.headers, ["date", date()]];
  if (answer.status !== 204) headers.push(["content-length", String(bytes.length)]);
  outgoing.sendDate = false;
  outgoing.writeHead(answer.status, headers.flat());

  switch (delivery.kind) {
    case "whole":
      outgoing.end(bytes);
      return;
    case "half":
      outgoing.write(bytes.subarray(0, bytes.length >> 1), () => outgoing.destroy());
      return;
    case "drip": {
      const step = Math.max(1, Math.ceil(bytes.length / DRIPS));
      const gap = delivery.seconds / Math.max(1, Math.ceil(bytes.length / step));
      outgoing.flushHeaders();
      for (let at = 0; at < bytes.length; at += step) {
        if (!await pause(gap, outgoing)) return;
        outgoing.write(bytes.subarray(at, at + step));
      }
      outgoing.end();
      return;
    }
  }
}

/** Waits in real time; `false`, at once, when the connection closes meanwhile. */
function pause(seconds: number, outgoing: ServerResponse): Promise<boolean> {
  if (outgoing.destroyed) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const gone = () => {
    clearTimeout(timer);
    resolve(false);
  };
  const timer = setTimeout(() => {
    outgoing.off("close", gone);
    resolve(true);
  }, seconds * 1000);
  outgoing.on("close", gone);
  return promise;
}
