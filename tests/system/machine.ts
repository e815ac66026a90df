// SPDX-License-Identifier: MIT

import { baseImage } from "./base_image.ts";
import { type Outcome, runHost, tryHost } from "./host.ts";

/** Who runs a command on a machine; root when absent. */
export interface RunOptions {
  user?: string;
  input?: string;
}

const BOOT_DEADLINE_MS = 60_000;
const HALT_DEADLINE_MS = 30_000;
const ENVIRONMENT = {
  PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
  DEBIAN_FRONTEND: "noninteractive",
};

/**
 * A booted Debian with systemd, in a container without network. Commands run inside; sockets must
 * be called from inside, since a caller from the outer pid namespace has no identity there.
 */
export class Machine implements AsyncDisposable {
  #nspawn: Deno.ChildProcess | undefined;
  #leader = 0;

  private constructor(readonly name: string, readonly root: string) {}

  /** A fresh machine, booted; `prepare` may change its tree before. */
  static async boot(
    name: string,
    prepare?: (root: string) => Promise<void>,
  ): Promise<Machine> {
    const root = await Deno.makeTempDir({ prefix: `aziot-system-${name}-` });
    await runHost(["cp", "-a", "--reflink=auto", `${await baseImage()}/.`, root]);
    await prepare?.(root);
    const machine = new Machine(name, root);
    await machine.start();
    return machine;
  }

  /** Boots it again after {@link halt}. */
  async start(): Promise<void> {
    this.#nspawn = new Deno.Command("systemd-nspawn", {
      args: [
        "--quiet",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--private-network",
        `--machine=${this.name}`,
        "--console=pipe",
        "--system-call-filter=add_key keyctl request_key bpf",
        "-D",
        this.root,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const deadline = Date.now() + BOOT_DEADLINE_MS;
    while (Date.now() < deadline) {
      const leader = await this.#findLeader(this.#nspawn.pid);
      if (leader !== undefined) {
        this.#leader = leader;
        const { stdout } = await this.run(["systemctl", "is-system-running"]);
        if (/running|degraded/.test(stdout)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await this.halt();
    throw new Error(`${this.name} did not boot`);
  }

  /** Runs a command inside and answers how it ended. */
  run(command: string[], options: RunOptions = {}): Promise<Outcome> {
    const as = options.user === undefined ? [] : [
      "setpriv",
      `--reuid=${options.user}`,
      `--regid=${options.user}`,
      "--init-groups",
    ];
    return tryHost(["nsenter", "-t", `${this.#leader}`, "-a", "--", ...as, ...command], {
      env: ENVIRONMENT,
      clearEnv: true,
      ...options.input === undefined ? {} : { input: options.input },
    });
  }

  /** Runs a shell script inside; throws with its output when it fails. */
  async sh(script: string, options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(["sh", "-euc", script], options);
    if (code === 0) return stdout;
    throw new Error(`${this.name}: ${script}\nended with ${code}:\n${stdout}${stderr}`);
  }

  /** The command line prefix that puts a host process into this machine's network. */
  inNetwork(): string[] {
    return ["nsenter", "-t", `${this.#leader}`, "-n", "--"];
  }

  /** What a unit has written to the journal. */
  journal(unit: string): Promise<string> {
    return this.sh(`journalctl --no-pager -o cat -u ${unit}`);
  }

  /** Repeats a script until it succeeds; throws with its last output after `seconds`. */
  async eventually(script: string, seconds = 20): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      try {
        return await this.sh(script);
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  /** Shuts down and boots again, with the same tree. */
  async reboot(): Promise<void> {
    await this.halt();
    await this.start();
  }

  /** Shuts down; the tree stays. */
  async halt(): Promise<void> {
    const nspawn = this.#nspawn;
    if (!nspawn) return;
    if (this.#leader > 0) await this.run(["systemctl", "poweroff"]);
    else nspawn.kill("SIGTERM");
    const late = setTimeout(() => nspawn.kill("SIGKILL"), HALT_DEADLINE_MS);
    await nspawn.status;
    clearTimeout(late);
    this.#nspawn = undefined;
    this.#leader = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.halt();
    await runHost(["rm", "-rf", "--one-file-system", this.root]);
  }

  async #findLeader(nspawn: number): Promise<number | undefined> {
    const { stdout } = await tryHost(["pgrep", "-P", `${nspawn}`]);
    for (const text of stdout.split("\n")) {
      const pid = Number(text);
      if (!pid) continue;
      const { stdout: exe } = await tryHost(["readlink", `/proc/${pid}/exe`]);
      if (exe.trim() === "/usr/lib/systemd/systemd") return pid;
    }
    return undefined;
  }
}
