// SPDX-License-Identifier: MIT

/**
 * The product, end to end, on this machine: an embedded IoT Hub, a device configured by `aziot init`
 * in a private directory, its daemons started the way systemd starts them, and what a program on
 * the device does with them. `--keep` leaves everything running until Ctrl-C.
 */

import { type AziotIdentity, type Identity, identityClient } from "../services/identityd/client.ts";
import { keysClient } from "../services/keyd/client.ts";
import { startCloud } from "../tests/cloud/cloud.ts";
import { type Device, startDevice, TELEMETRY_UID } from "../tests/e2e/device.ts";
import { buildNative } from "./build_native.ts";
import { commandsToTry, shellSetup } from "./demo_playground.ts";
import { acceptedByHub, moduleToken } from "./demo_token.ts";
import { ensurePackages, ensurePrerequisites } from "./prerequisites.ts";

const HUB = "demo";
const DEVICE = "press-07";
const COLUMN = 96;

let steps = 0;

/** Runs one step of the demo and prints one line: what it does, its result, its time. */
async function step<T>(text: string, run: () => Promise<T>, result: (value: T) => string) {
  const start = performance.now();
  try {
    const value = await run();
    const line = `${String(++steps).padStart(2)}. ${text}: ${result(value)}`;
    console.log(
      `${line.padEnd(COLUMN)} ${String(Math.round(performance.now() - start)).padStart(6)} ms`,
    );
    return value;
  } catch (error) {
    console.error(`FAILED ${text}: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}

async function run(dir: string, options: { keep: boolean }): Promise<void> {
  await step("Install what is missing and build the C libraries", async () => {
    await ensurePrerequisites(["compiler", "openssl", "curl"]);
    await ensurePackages();
    const libraries = await buildNative({ sanitize: false });
    // This process talks to the hub with the product's own TLS client.
    Deno.env.set("AZIOT_LIB_DIR", libraries);
    return libraries;
  }, (libraries) => libraries.slice(libraries.lastIndexOf("build/")));

  await using cloud = await step(
    "Start an IoT Hub on this machine",
    () => startCloud({ dir: `${dir}/cloud`, hub: HUB }),
    (started) => started.hubs.get(HUB)?.hostName ?? "",
  );
  const hub = cloud.hubs.get(HUB);
  if (!hub) throw new Error("the embedded cloud has no hub");
  const { connectionString } = await step(
    "Register a device there",
    () => Promise.resolve(hub.addDevice(DEVICE)),
    () => `${DEVICE}, with a symmetric key`,
  );

  await using device = await step(
    "Configure the device with aziot init",
    () => startDevice({ dir, hub: { connectionString, caPath: cloud.caPath }, stopped: true }),
    () => "a file for each service",
  );
  await step("Start aziot-keyd", () => device.keyd.start(), () => `pid ${device.keyd.pid}`);
  await step("Start aziot-certd", () => device.certd.start(), () => `pid ${device.certd.pid}`);
  await step(
    "Start aziot-identityd, which provisions the device",
    () => device.identityd.start(),
    () => `pid ${device.identityd.pid}`,
  );

  const { module } = await useIdentities(device, hub.hostName, cloud.caPath);
  await encryptAndDecrypt(device);

  await step("Cut the hub off and restart aziot-identityd", async () => {
    await hub.setListening(false);
    await device.identityd.stop();
    await device.identityd.start();
  }, () => "started from its backup");
  await step(
    "Ask for the module's identity again",
    () => identities(device).getModule(module),
    (identity) => `${describe(identity)}, offline`,
  );

  if (!options.keep) return;
  await hub.setListening(true);
  const playground = {
    dir,
    control: cloud.control,
    hub: HUB,
    device: DEVICE,
    identityd: device.identityd.pid ?? 0,
    uid: Deno.uid() ?? 0,
  };
  await Deno.writeTextFile(`${dir}/try.sh`, shellSetup(playground));
  console.log(commandsToTry(playground));
  await interrupted();
}

/** The device's identity, one module's made by the API, one owned by a principal; a SAS token. */
async function useIdentities(
  device: Device,
  hubName: string,
  caPath: string,
): Promise<{ module: string }> {
  await step(
    "Ask who this device is",
    () => identities(device).getDeviceIdentity(),
    describe,
  );
  const pump = await step(
    "Make an identity for the module pump",
    () => identities(device).createModule("pump"),
    describe,
  );
  if (Deno.uid() === 0) {
    await step(
      `Ask as uid ${TELEMETRY_UID}, the principal of the module telemetry`,
      () => identityAs(TELEMETRY_UID, device.identityd.socket),
      (name) => `module ${name}`,
    );
  } else {
    await step(
      "Look for the identity of the principal telemetry",
      () => identities(device).getModule("telemetry"),
      describe,
    );
  }
  const token = await step(
    "Sign a SAS token with pump's key, which stays in aziot-keyd",
    () => moduleToken(hubIdentity(pump), keys(device), new Date()),
    (text) => `${text.length} characters`,
  );
  await step(
    "Send a message to the hub with it",
    () => acceptedByHub({ hubName, device: DEVICE, module: "pump" }, token, caPath),
    (status) => `accepted, status ${status}`,
  );
  return { module: "pump" };
}

async function encryptAndDecrypt(device: Device): Promise<void> {
  const client = keys(device);
  const secret = new TextEncoder().encode("a secret of a module");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const aad = new TextEncoder().encode("pump");
  const handle = await client.createKeyIfNotExists("demo-encryption", "encrypt");
  const ciphertext = await step(
    "Encrypt a secret",
    () => client.encryptAead(handle, iv, aad, secret),
    (bytes) => `${secret.length} bytes become ${bytes.length}`,
  );
  await step("Decrypt it again", async () => {
    const plaintext = await client.decryptAead(handle, iv, aad, ciphertext);
    const text = new TextDecoder().decode(plaintext);
    if (text !== "a secret of a module") throw new Error("another text came back");
    return text;
  }, (text) => `"${text}"`);
}

const keys = (device: Device) => keysClient({ socket: device.keyd.socket });
const identities = (device: Device) => identityClient({ socket: device.identityd.socket });

function hubIdentity(identity: Identity): AziotIdentity {
  if (identity.type !== "aziot") throw new Error("a local identity came instead of the hub's");
  return identity;
}

function describe(identity: Identity): string {
  const { deviceId, moduleId } = hubIdentity(identity).spec;
  return moduleId === undefined ? `device ${deviceId}` : `module ${moduleId} of ${deviceId}`;
}

/** The module that identityd sees in a caller of that uid: a real process, known by its socket. */
async function identityAs(uid: number, socket: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("curl", {
    args: [
      "-sS",
      "--fail-with-body",
      "--unix-socket",
      socket,
      "http://localhost/identities/identity?api-version=2022-08-01",
    ],
    uid,
    gid: uid,
  }).output();
  const text = new TextDecoder().decode(stdout);
  const module = /"moduleId":"([^"]+)"/.exec(text)?.[1];
  if (!success || !module) throw new Error(text || new TextDecoder().decode(stderr));
  return module;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, resolve);
    }
  });
}

async function main(): Promise<number> {
  const args = Deno.args.filter((argument) => argument !== "--");
  const unknown = args.find((argument) => argument !== "--keep");
  if (unknown !== undefined) {
    console.error(`unknown argument ${unknown}; usage: task demo [--keep]`);
    return 2;
  }
  const start = performance.now();
  const dir = await Deno.makeTempDir({ prefix: "aziot-demo-" });
  try {
    await run(dir, { keep: args.includes("--keep") });
  } catch {
    // The step that failed has said so.
    console.error(`The daemons' logs are in ${dir}/log, their configuration in ${dir}/etc/aziot.`);
    return 1;
  }
  await Deno.remove(dir, { recursive: true });
  console.log(
    `Done in ${((performance.now() - start) / 1000).toFixed(1)} s; nothing is left behind.`,
  );
  return 0;
}

if (import.meta.main) Deno.exit(await main());
