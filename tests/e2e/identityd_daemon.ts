// SPDX-License-Identifier: MIT

/**
 * An Identity Service with the Keys Service it needs, configured by hand, in a directory of their
 * own: for tests of what the product's own tool would not write.
 */

import { launch } from "../../scripts/run.ts";
import { type Daemon, daemon } from "./daemon.ts";

/** What an Identity Service may be given. */
export interface IdentitydOptions {
  /** Its `config.toml`, without `[endpoints]`; the second argument is its home directory. */
  config: (home: string) => string;
  /** Symmetric keys by id, as if an administrator had put them there. */
  keys: Record<string, Uint8Array>;
  /** PEM file of the authority that its hub's certificate is from. */
  caPath?: string;
  /** Factor on its pauses. */
  timeScale?: number;
  /** Factor on its time limits, for tests in which one is to be passed. */
  limitScale?: number;
  /** Added to the environment of both daemons. */
  env?: Record<string, string>;
}

/** An Identity Service; both daemons are ended and the directory removed on dispose. */
export interface Identityd extends AsyncDisposable {
  readonly dir: string;
  /** Where its state is. */
  readonly home: string;
  readonly socket: string;
  readonly keyd: Daemon;
  readonly daemon: Daemon;
  /** Replaces its `config.toml`; counts from the next start or reload on. */
  configure(config: (home: string) => string): Promise<void>;
  /** Starts it with nothing passed and waits for its end: for starts that fail. */
  startAndFail(): Promise<{ code: number; log: string }>;
}

/** Makes both daemons and starts the Keys Service; the Identity Service is the caller's to start. */
export async function prepareIdentityd(options: IdentitydOptions): Promise<Identityd> {
  const dir = await Deno.makeTempDir({ prefix: "aziot-identityd-" });
  // Callers of other uids reach the socket through it.
  await Deno.chmod(dir, 0o755);
  const home = `${dir}/var/lib/aziot/identityd`;
  for (const service of ["keyd", "identityd"]) {
    await Deno.mkdir(`${dir}/etc/aziot/${service}/config.d`, { recursive: true });
    await Deno.mkdir(`${dir}/var/lib/aziot/${service}`, { recursive: true });
  }
  await Deno.mkdir(`${dir}/run/aziot`, { recursive: true });
  await writeKeys(dir, options.keys);

  const { timeScale = 1, limitScale = 1 } = options;
  const env = {
    AZIOT_DEV_TIME_SCALE: `${timeScale},${limitScale}`,
    ...options.caPath === undefined ? {} : { SSL_CERT_FILE: options.caPath },
    ...options.env,
  };
  const described = (program: string, mode: string) =>
    daemon({ program, directory: dir, env }, { path: `${dir}/run/aziot/${program}.sock`, mode });
  const keyd = described("keyd", "0660");
  const identityd = described("identityd", "0666");

  const prepared: Identityd = {
    dir,
    home,
    socket: identityd.socket,
    keyd,
    daemon: identityd,
    configure: (config) =>
      Deno.writeTextFile(
        `${dir}/etc/aziot/identityd/config.toml`,
        `${config(home)}\n${endpoints(dir)}`,
      ),
    async startAndFail() {
      const child = launch({ program: "identityd", directory: dir, env }, {
        stdout: "null",
        stderr: "piped",
      });
      const { code, stderr } = await child.output();
      return { code, log: new TextDecoder().decode(stderr) };
    },
    async [Symbol.asyncDispose]() {
      await identityd.stop();
      await keyd.stop();
      await Deno.remove(dir, { recursive: true });
    },
  };
  try {
    await prepared.configure(options.config);
    await keyd.start();
  } catch (error) {
    await prepared[Symbol.asyncDispose]();
    throw error;
  }
  return prepared;
}

function endpoints(dir: string): string {
  const lines = ["keyd", "certd", "identityd"]
    .map((service) => `aziot_${service} = "unix://${dir}/run/aziot/${service}.sock"`);
  return `[endpoints]\n${lines.join("\n")}\n`;
}

async function writeKeys(dir: string, keys: Record<string, Uint8Array>): Promise<void> {
  const secrets = `${dir}/var/secrets/aziot/keyd`;
  await Deno.mkdir(secrets, { recursive: true });
  const preloaded: string[] = [];
  for (const [id, bytes] of Object.entries(keys)) {
    await Deno.writeFile(`${secrets}/${id}`, bytes, { mode: 0o600 });
    preloaded.push(`${JSON.stringify(id)} = "file://${secrets}/${id}"`);
  }
  await Deno.writeTextFile(
    `${dir}/etc/aziot/keyd/config.toml`,
    `max_requests = 50

[aziot_keys]
homedir_path = "${dir}/var/lib/aziot/keyd"

[preloaded_keys]
${preloaded.join("\n")}

[[principal]]
uid = ${Deno.uid() ?? 0}
keys = ["*"]

${endpoints(dir)}`,
  );
}
