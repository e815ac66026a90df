// SPDX-License-Identifier: MIT

/** A Certificates Service by itself, in a directory of its own. */

import { type Daemon, daemon } from "./daemon.ts";
import { eventually } from "./eventually.ts";

/** What a Certificates Service may be given. */
export interface CertdOptions {
  /** More of its `config.toml` than the home directory. */
  config?: (dir: string) => string;
  /** Files to start with: a home directory with `certs/`, copied. */
  home?: string;
  /** Added to its environment. */
  env?: Record<string, string>;
  /** The uid it runs as; another than this process's needs root. It then runs from a bundle. */
  runAs?: { uid: number; bundle: string };
  /** A command around it, see `Launch.wrapper`. */
  wrapper?: string[];
  /** Connections a uid may have open; default more than any test opens. `null`: not configured. */
  maxRequests?: number | null;
}

/** A Certificates Service; it is ended and its directory removed on dispose. */
export interface Certd extends AsyncDisposable {
  readonly dir: string;
  readonly home: string;
  readonly socket: string;
  readonly daemon: Daemon;
  /** Replaces its `config.toml`; counts from the next start or reload on. */
  configure(more: string): Promise<void>;
}

/** Makes the directory of a Certificates Service without starting it. */
export async function prepareCertd(options: CertdOptions = {}): Promise<Certd> {
  const dir = await Deno.makeTempDir({ prefix: "aziot-certd-" });
  const home = `${dir}/var/lib/aziot/certd`;
  const etc = `${dir}/etc/aziot/certd`;
  const socket = { path: `${dir}/run/aziot/certd.sock`, mode: "0666" };
  // Callers of other uids reach the socket through it.
  await Deno.chmod(dir, 0o755);
  for (const path of [home, `${etc}/config.d`, `${dir}/run/aziot`, `${dir}/var/secrets/aziot`]) {
    await Deno.mkdir(path, { recursive: true });
  }
  if (options.home !== undefined) await run("cp", "-r", `${options.home}/.`, home);

  const { env = {}, runAs, wrapper = [], maxRequests = 100 } = options;
  const what = {
    program: "certd",
    directory: dir,
    env: {
      // The machine's proxy is not the test's.
      HTTPS_PROXY: undefined,
      https_proxy: undefined,
      ...env,
      ...runAs && { DENO_DIR: "/dev/null", HOME: "/nonexistent" },
    },
    wrapper,
    ...runAs && {
      bundle: runAs.bundle,
      wrapper: [
        ...wrapper,
        "setpriv",
        `--reuid=${runAs.uid}`,
        `--regid=${runAs.uid}`,
        "--clear-groups",
      ],
    },
  };
  const described = daemon(what, socket);
  const prepared: Certd = {
    dir,
    home,
    socket: socket.path,
    daemon: described,
    configure: (more) =>
      Deno.writeTextFile(
        `${etc}/config.toml`,
        `homedir_path = "${home}"\n` +
          (maxRequests === null ? "" : `max_requests = ${maxRequests}\n`) + more,
      ),
    async [Symbol.asyncDispose]() {
      await described.stop();
      await Deno.remove(dir, { recursive: true });
    },
  };
  await prepared.configure(options.config?.(dir) ?? "");
  if (runAs) await run("chown", "-R", `${runAs.uid}:${runAs.uid}`, dir);
  return prepared;
}

/** Starts a Certificates Service. */
export async function startCertd(options: CertdOptions = {}): Promise<Certd> {
  const certd = await prepareCertd(options);
  try {
    await certd.daemon.start();
  } catch (error) {
    await certd[Symbol.asyncDispose]();
    throw error;
  }
  return certd;
}

/** Runs a command of the system; throws with what it said when it fails. */
export async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

/** Waits until a daemon has logged a line that matches, so many times. */
export async function logged({ daemon }: Certd, line: RegExp, times = 1): Promise<void> {
  const all = new RegExp(line, "g");
  const isLogged = () => [...daemon.log().matchAll(all)].length >= times;
  await eventually(`${times} times ${line}`, isLogged, () => daemon.log());
}
