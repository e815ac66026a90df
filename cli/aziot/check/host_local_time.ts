// SPDX-License-Identifier: MIT

import { QueryError, queryOffset } from "../sntp/query.ts";
import type { Check } from "./check.ts";
import { failure, type Finding, OK, warning } from "./outcome.ts";

const PORT = 123;
const TIMES = { timeoutMs: 5000, totalMs: 30_000, retries: 3 };
/** Tokens and certificates stop working when clocks differ by minutes. */
const LARGEST_OFFSET_S = 10;

/** Whether the device's clock is right. */
export const HOST_LOCAL_TIME: Check = {
  id: "host-local-time",
  description: "host time is close to reference time",
  info: { offset: null },
  run: async ({ settings, machine }) => {
    let offset: number;
    try {
      const server = serverOf(settings.ntpServer);
      const now = () => machine.now().getTime();
      offset = Math.trunc(Math.abs(await queryOffset({ ...TIMES, ...server, now })) / 1000);
    } catch (cause) {
      const make = cause instanceof QueryError && cause.isUnreachable ? warning : failure;
      const remedy = "Name a time server that this device reaches with --ntp-server.";
      return make("Could not query NTP server", remedy, cause);
    }
    return { ...findingOf(offset), info: { offset } };
  },
};

function findingOf(offset: number): Finding {
  if (offset < LARGEST_OFFSET_S) return OK;
  return warning(
    `Time on the device is out of sync with the NTP server by ${offset} seconds. This may cause ` +
      "problems connecting to IoT Hub.",
    "Please ensure time on device is accurate, for example by installing an NTP daemon.",
  );
}

/** `host`, `host:port` or `[address]:port`. */
function serverOf(text: string): { host: string; port: number } {
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const host = bracketed ?? name ?? text;
  return { host, port: port === undefined ? PORT : Number(port) };
}
