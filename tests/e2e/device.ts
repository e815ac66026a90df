// SPDX-License-Identifier: MIT

import { commandLine } from "../../scripts/run.ts";
import { type Daemon, daemon } from "./daemon.ts";

/**
 * A device in a directory of its own: configured by the product's own tool, its daemons started
 * as systemd starts them, with the permissions of the manifest. The one way in which end-to-end
 * tests, the benchmark and the demo start daemons.
 */
export interface Device extends AsyncDisposable {
  readonly dir: string;
  readonly keyd: Daemon;
  readonly certd: Daemon;
  readonly identityd: Daemon;
}

/** What a device may be given. */
export interface DeviceOptions {
  /** The hub it provisions with; absent: no hub, and identityd is not started. */
  hub?: { connectionString: string; caPath: string };
  /** Further configuration of a daemon, as TOML merged over everything else. */
  config?: { keyd?: string; certd?: string; identityd?: string };
  /** The uid that owns the administrator's principal; default this process's. */
  uid?: number;
  /** Added to the environment of every daemon. */
  env?: Record<string, string>;
  /** Where it is to live; default a temporary directory, removed at the end. */
  dir?: string;
  /** Bundles to run instead of the sources, by program. */
  bundles?: Record<string, string>;
  /** A command around each daemon, see `Launch.wrapper`. */
  wrapper?: (program: string) => string[];
  /** Do not start the daemons: the caller does. */
  stopped?: boolean;
}

/** The uid (nobody) whose only right is the identity of the module `telemetry`. */
export const TELEMETRY_UID = 65534;

/** Configures a device and starts its daemons; ends them, and removes its directory, on dispose. */
export async function startDevice(options: DeviceOptions = {}): Promise<Device> {
  const dir = options.dir ?? await Deno.makeTempDir({ prefix: "aziot-" });
  // Callers of other uids reach the sockets through it.
  await Deno.chmod(dir, 0o755);
  await makeTree(dir);
  await configure(dir, options);

  const env = {
    ...options.env,
    ...options.hub ? { SSL_CERT_FILE: options.hub.caPath } : {},
  };
  const described = (program: string, mode: string) => {
    const bundle = options.bundles?.[program];
    return daemon({
      program,
      directory: dir,
      env,
      wrapper: options.wrapper?.(program) ?? [],
      ...bundle === undefined ? {} : { bundle },
    }, { path: `${dir}/run/aziot/${program}.sock`, mode });
  };
  const keyd = described("keyd", "0660");
  const certd = described("certd", "0660");
  const identityd = described("identityd", "0666");

  const device: Device = {
    dir,
    keyd,
    certd,
    identityd,
    async [Symbol.asyncDispose]() {
      await identityd.stop();
      await Promise.all([certd.stop(), keyd.stop()]);
      if (options.dir === undefined) await Deno.remove(dir, { recursive: true });
    },
  };
  if (options.stopped) return device;
  try {
    await Promise.all([keyd.start(), certd.start()]);
    if (options.hub) await identityd.start();
  } catch (error) {
    await device[Symbol.asyncDispose]();
    throw error;
  }
  return device;
}

/** What the package's tmpfiles make on a real device. */
async function makeTree(dir: string): Promise<void> {
  for (const service of ["keyd", "certd", "identityd"]) {
    await Deno.mkdir(`${dir}/etc/aziot/${service}/config.d`, { recursive: true });
    await Deno.mkdir(`${dir}/var/lib/aziot/${service}`, { recursive: true, mode: 0o700 });
    await Deno.chmod(`${dir}/var/lib/aziot/${service}`, 0o700);
  }
  await Deno.mkdir(`${dir}/run/aziot`, { recursive: true });
}

async function configure(dir: string, options: DeviceOptions): Promise<void> {
  const uid = options.uid ?? Deno.uid() ?? 0;
  const uids = ["ks", "cs", "id", "tpm"].map((name) => `${name}=${uid}`).join(",");
  const provisioning = options.hub ? ["--connection-string-file", "-"] : ["--provisioning", "none"];
  await aziot(
    dir,
    ["init", "--non-interactive", "--output-dir", dir, "--uids", uids, ...provisioning],
    options.hub?.connectionString ?? "",
  );

  const endpoints = ["keyd", "certd", "identityd"]
    .map((service) => `aziot_${service} = "unix://${dir}/run/aziot/${service}.sock"`)
    .join("\n");
  await Deno.writeTextFile(
    `${dir}/etc/aziot/keyd/config.d/90-demo.toml`,
    `max_requests = 50

[aziot_keys]
homedir_path = "${dir}/var/lib/aziot/keyd"
${
      options.hub
        ? `\n[preloaded_keys]\ndevice-id = "file://${dir}/var/secrets/aziot/keyd/device-id"\n`
        : ""
    }
[endpoints]
${endpoints}
`,
  );
  await Deno.writeTextFile(
    `${dir}/etc/aziot/certd/config.d/90-demo.toml`,
    `homedir_path = "${dir}/var/lib/aziot/certd"
max_requests = 50

[[principal]]
uid = ${uid}
certs = ["*"]

[endpoints]
${endpoints}
`,
  );
  await Deno.writeTextFile(
    `${dir}/etc/aziot/identityd/config.d/90-demo.toml`,
    `homedir = "${dir}/var/lib/aziot/identityd"
max_requests = 50

[endpoints]
${endpoints}

[[principal]]
uid = ${uid}
name = "demo"
${
      options.hub
        ? `\n[[principal]]\nuid = ${TELEMETRY_UID}\nname = "telemetry"\nidtype = ["module"]\n`
        : ""
    }`,
  );
  for (const service of ["keyd", "certd", "identityd"] as const) {
    const text = options.config?.[service];
    if (text === undefined) continue;
    await Deno.writeTextFile(`${dir}/etc/aziot/${service}/config.d/95-more.toml`, text);
  }
}

/** Runs the `aziot` tool for a device's directory; throws with its output when it fails. */
export async function aziot(dir: string, args: string[], input = ""): Promise<string> {
  const { executable, args: line, env } = commandLine({ program: "aziot", directory: dir, args });
  const child = new Deno.Command(executable, {
    args: line,
    env,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(stdout);
  if (!success) {
    throw new Error(`aziot ${args[0]} failed:\n${text}${new TextDecoder().decode(stderr)}`);
  }
  return text;
}
