// SPDX-License-Identifier: MIT

import type { Machine } from "./machine.ts";
import { runHost } from "./host.ts";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

/** The host name of the hub, which the machine's /etc/hosts knows. */
export const HUB_HOST = "hub.example.test";

/**
 * The embedded cloud in the network of a machine: its CA in the machine's trust store, its name in
 * the machine's /etc/hosts. Ends with {@link stop}, as if the network were cut.
 */
export class CloudBeside implements AsyncDisposable {
  private constructor(
    readonly process: Deno.ChildProcess,
    readonly control: string,
    readonly machine: Machine,
  ) {}

  /** Starts it; a machine that has rebooted needs a new one, in `directory` for the same CA. */
  static async start(machine: Machine): Promise<CloudBeside> {
    const directory = await Deno.makeTempDir({ prefix: "aziot-system-cloud-" });
    const [executable = "", ...prefix] = machine.inNetwork();
    const process = new Deno.Command(executable, {
      args: [
        ...prefix,
        Deno.execPath(),
        "run",
        "-A",
        "--cached-only",
        `${root}/tests/cloud/main.ts`,
        "--dir",
        directory,
        "--hub",
        "hub",
        "--name",
        HUB_HOST,
        "--port",
        "443",
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const line = await firstLine(process.stdout);
    const { control, caPath } = JSON.parse(line) as { control: string; caPath: string };
    await Deno.copyFile(
      caPath,
      `${machine.root}/usr/local/share/ca-certificates/embedded-cloud.crt`,
    );
    await machine.sh(
      `update-ca-certificates >/dev/null
       grep -q ${HUB_HOST} /etc/hosts || echo "127.0.0.1 ${HUB_HOST}" >>/etc/hosts`,
    );
    await Deno.remove(directory, { recursive: true });
    return new CloudBeside(process, control, machine);
  }

  /** Registers a device; answers its connection string. */
  async addDevice(id: string): Promise<string> {
    const answer = await this.ask("PUT", `/hubs/hub/devices/${id}`, { auth: { sas: {} } });
    return (answer as { connectionString: string }).connectionString;
  }

  /** Calls the control API. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await runHost([
      ...this.machine.inNetwork(),
      "curl",
      "-sS",
      "--fail-with-body",
      "-X",
      method,
      ...body === undefined
        ? []
        : ["-H", "content-type: application/json", "-d", JSON.stringify(body)],
      `${this.control}${path}`,
    ]);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    try {
      this.process.kill("SIGTERM");
    } catch {
      // The machine was halted and has taken its network's processes along.
    }
    await this.process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The first line; what follows is dropped, so that the writer never blocks. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the embedded cloud did not start");
    text += decoder.decode(value, { stream: true });
  }
  reader.cancel().catch(() => {});
  return text.slice(0, text.indexOf("\n"));
}
