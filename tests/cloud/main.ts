// SPDX-License-Identifier: MIT

/**
 * `task cloud`: the embedded cloud alone, until SIGTERM or SIGINT.
 *
 * Prints one JSON line when it is ready:
 * `{"caPath":"…","control":"http://127.0.0.1:N","hubs":{"hub":{"hostName":"localhost:N","port":N}}}`
 */

import { parseArgs } from "node:util";
import { startCloud } from "./cloud.ts";

const USAGE = `usage: task cloud -- --dir DIR [options]

  --dir DIR            where ca.pem is written
  --hub ID             the first hub's id (default: hub)
  --port N             its port (default: any free one)
  --name HOST          its host name instead of localhost; map it in /etc/hosts
  --control-port N     port of the control API (default: any free one)`;

/** What the command line asks for. */
interface Options {
  dir: string;
  hub: string;
  port: number;
  name?: string;
  controlPort: number;
}

function readOptions(args: string[]): Options {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    // `task cloud -- …` hands the separator on.
    args: args[0] === "--" ? args.slice(1) : args,
    options: { dir: text, hub: text, port: text, name: text, "control-port": text },
  });
  if (!values.dir) throw new TypeError("--dir is missing");
  return {
    dir: values.dir,
    hub: values.hub ?? "hub",
    port: readPort("--port", values.port),
    ...(values.name === undefined ? {} : { name: values.name }),
    controlPort: readPort("--control-port", values["control-port"]),
  };
}

function readPort(option: string, text = "0"): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) {
    throw new TypeError(`${option} must be a port number from 0 to 65535, not ${text}`);
  }
  return port;
}

function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}

function parse(): Options {
  try {
    return readOptions(Deno.args);
  } catch (cause) {
    return fail(2, `${cause instanceof Error ? cause.message : cause}\n\n${USAGE}`);
  }
}

async function main(): Promise<void> {
  const options = parse();
  const cloud = await startCloud(options).catch((cause: unknown) =>
    fail(1, `the cloud could not start: ${cause instanceof Error ? cause.message : cause}`)
  );
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, stop);

  const hubs = Object.fromEntries(
    [...cloud.hubs].map(([id, { hostName, port }]) => [id, { hostName, port }]),
  );
  console.log(JSON.stringify({ caPath: cloud.caPath, control: cloud.control, hubs }));
  await stopped;
  await cloud.close();
  // The signal listeners would keep the process alive.
  Deno.exit(0);
}

await main();
