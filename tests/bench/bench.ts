// SPDX-License-Identifier: MIT

/**
 * Throughput, latency, CPU and memory of the services against `Deno.serve` by itself:
 *
 *     task bench [-- --rounds N] [--requests N]
 *
 * Prints a table and one line of JSON. The ratios compare the CPU time of the servers in the same
 * round: it depends less than rates do on what else the machine is doing.
 */

import { parseArgs } from "node:util";
import { buildNative } from "../../scripts/build_native.ts";
import { bundle } from "../../scripts/bundle.ts";
import { ensurePackages } from "../../scripts/prerequisites.ts";
import { startCloud } from "../cloud/cloud.ts";
import { startDevice } from "../e2e/device.ts";
import { type Direct, measureDirect, measureManyKeys } from "./direct.ts";
import { type Interference, measureInterference } from "./interference.ts";
import { buildProgram } from "./load.ts";
import { measureMemory, type Memory } from "./memory.ts";
import { asJson, asText } from "./report.ts";
import {
  aeadExchange,
  certificateExchange,
  ecdsaExchange,
  get,
  hmacExchange,
  pairExchange,
  rsaExchange,
} from "./requests.ts";
import { startBare, startDaemon, startFloor } from "./servers.ts";
import { measureStart } from "./start_time.ts";
import { type Effort, measureThroughput, type Subject, type Throughput } from "./throughput.ts";
import { measureTool } from "./tool_time.ts";

const DEVICE = "bench";
/** So that only what goes wrong is written. */
const QUIET = { AZIOT_LOG: "warn" };

/** Where the daemons of a device are and how they are started. */
interface Place {
  readonly dir: string;
  readonly generator: string;
  readonly bundles: Readonly<Record<"keyd" | "certd" | "identityd", string>>;
  readonly caPath: string;
}

/** Signatures with key pairs take long: so many times fewer are made of them. */
const FEWER = { ecdsa: 4, rsa: 20 };
const MANY_KEYS = 1000;

async function throughput(place: Place, effort: Effort): Promise<Throughput[]> {
  const { dir, generator } = place;
  await using keyd = await startDaemon(keydLaunch(place), `${dir}/run/aziot/keyd.sock`);
  const hmac = await hmacExchange(keyd.socket);
  const aead = await aeadExchange(keyd.socket);
  await using bare = await startBare(`${dir}/bare.sock`, hmac.answer);
  await using bareLarge = await startBare(`${dir}/bare-1KiB.sock`, aead.answer);
  await using floor = await startFloor(`${dir}/floor.sock`, hmac.answer);
  await using talkative = await startDaemon(
    { ...keydLaunch(place), env: { AZIOT_LOG: "info" } },
    `${dir}/run/aziot/talkative.sock`,
    { isLogRead: true },
  );
  const pair = await pairExchange(keyd.socket);
  const ecdsa = await ecdsaExchange(keyd.socket);
  const rsa = await rsaExchange(keyd.socket);

  // The floor does what bare does: it reads the body and does not look into it. What strict JSON
  // costs besides is a row of its own, and part of the operations.
  const opaque = hmac.request.replace("application/json", "application/text");
  const subjects: Subject[] = [
    { name: "bare", server: bare, request: hmac.request },
    { name: "floor", server: floor, request: opaque, against: "bare" },
    { name: "floor-json", server: floor, request: hmac.request, against: "bare" },
    { name: "hmac", server: keyd, request: hmac.request, against: "bare" },
    { name: "bare-1KiB", server: bareLarge, request: aead.request },
    { name: "aead", server: keyd, request: aead.request, against: "bare-1KiB" },
    { name: "hmac-info", server: talkative, request: hmac.request, against: "bare" },
    { name: "aead-info", server: talkative, request: aead.request, against: "bare-1KiB" },
    { name: "pair", server: keyd, request: pair.request, against: "bare" },
    { name: "ecdsa", server: keyd, request: ecdsa.request, fewer: FEWER.ecdsa },
    { name: "rsa", server: keyd, request: rsa.request, fewer: FEWER.rsa },
  ];
  const one = await measureThroughput(generator, subjects, 1, effort);
  const ten = await measureThroughput(generator, subjects, 10, effort);
  return [...one, ...ten];
}

/** What is looked up of the other two services, against the floor. */
async function lookups(place: Place, effort: Effort): Promise<Throughput[]> {
  const { dir, generator, bundles, caPath } = place;
  await using floor = await startFloor(`${dir}/floor.sock`, '{"answer":"of about this size"}');
  await using keyd = await startDaemon(keydLaunch(place), `${dir}/run/aziot/keyd.sock`);
  await using identityd = await startDaemon({
    program: "identityd",
    directory: dir,
    bundle: bundles.identityd,
    env: { ...QUIET, SSL_CERT_FILE: caPath },
  }, `${dir}/run/aziot/identityd.sock`);
  await using certd = await startDaemon({
    program: "certd",
    directory: dir,
    bundle: bundles.certd,
    env: QUIET,
  }, `${dir}/run/aziot/certd.sock`);
  const pem = await Deno.readTextFile(caPath);
  const certificate = await certificateExchange(certd.socket, pem);
  const { request } = await hmacExchange(keyd.socket);
  const subjects: Subject[] = [
    {
      name: "floor-lookup",
      server: floor,
      request: request.replace("application/json", "application/text"),
    },
    {
      name: "provisioning",
      server: identityd,
      request: get("/identities/provisioning"),
      against: "floor-lookup",
    },
    {
      name: "identity",
      server: identityd,
      request: get("/identities/identity"),
      against: "floor-lookup",
    },
    {
      name: "certificate",
      server: certd,
      request: certificate.request,
      against: "floor-lookup",
    },
  ];
  return [
    ...await measureThroughput(generator, subjects, 1, effort),
    ...await measureThroughput(generator, subjects, 10, effort),
  ];
}

async function interference(place: Place, rounds: number): Promise<Interference[]> {
  const { dir, generator } = place;
  await using keyd = await startDaemon(keydLaunch(place), `${dir}/run/aziot/keyd.sock`);
  const requests = {
    hmac: (await hmacExchange(keyd.socket)).request,
    rsa: (await rsaExchange(keyd.socket)).request,
  };
  return await measureInterference(generator, keyd, requests, rounds);
}

/** The keys library by itself: operations, and MiB for many keys. */
async function library(
  { dir }: Place,
  rounds: number,
): Promise<{ direct: Direct[]; manyKeys: number }> {
  const program = await buildProgram("direct");
  return {
    direct: await measureDirect(program, `${dir}/direct`, rounds),
    manyKeys: await measureManyKeys(program, `${dir}/direct`, MANY_KEYS),
  };
}

async function memory(place: Place): Promise<Memory[]> {
  const { dir, generator } = place;
  await using keyd = await startDaemon(keydLaunch(place), `${dir}/run/aziot/keyd.sock`);
  await using identityd = await startDaemon({
    program: "identityd",
    directory: dir,
    bundle: place.bundles.identityd,
    env: { ...QUIET, SSL_CERT_FILE: place.caPath },
  }, `${dir}/run/aziot/identityd.sock`);
  const hmac = await hmacExchange(keyd.socket);
  const aead = await aeadExchange(keyd.socket);
  return [
    await measureMemory(generator, "keyd", keyd, [hmac.request, aead.request]),
    await measureMemory(generator, "identityd", identityd, [get("/identities/identity")]),
  ];
}

function keydLaunch({ dir, bundles }: Place) {
  return { program: "keyd", directory: dir, bundle: bundles.keyd, env: QUIET };
}

async function main(effort: Effort): Promise<void> {
  Deno.env.set("AZIOT_LIB_DIR", await buildNative({ sanitize: false }));
  await ensurePackages();
  const generator = await buildProgram("load");
  const bundles = {
    keyd: await bundle("keyd"),
    certd: await bundle("certd"),
    identityd: await bundle("identityd"),
  };

  const dir = await Deno.makeTempDir({ prefix: "aziot-bench-" });
  try {
    await using cloud = await startCloud({ dir: `${dir}/cloud`, hub: "bench" });
    const hub = cloud.hubs.get("bench");
    if (hub === undefined) throw new Error("the embedded cloud has no hub");
    const { connectionString } = hub.addDevice(DEVICE);
    await using _device = await startDevice({
      dir,
      hub: { connectionString, caPath: cloud.caPath },
      stopped: true,
    });
    const place = { dir, generator, bundles, caPath: cloud.caPath };
    const measured = {
      throughput: [...await throughput(place, effort), ...await lookups(place, effort)],
      ...await library(place, effort.rounds),
      interference: await interference(place, effort.rounds),
      memory: await memory(place),
      start: await measureStart(keydLaunch(place), `${dir}/run/aziot/keyd.sock`, 9),
      tool: await measureTool(`${dir}/tool`, 9),
    };
    console.log(asText(measured));
    console.log(asJson(measured));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A whole number of at least one, or the end of the program. */
function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(`--${name} is to be a whole number above 0, not ${text}`);
  Deno.exit(2);
}

const { values } = parseArgs({
  args: Deno.args.filter((argument) => argument !== "--"),
  options: {
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "40000" },
  },
});
await main({
  rounds: positive("rounds", values.rounds),
  requests: positive("requests", values.requests),
});
