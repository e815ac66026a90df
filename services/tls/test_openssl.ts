// SPDX-License-Identifier: MIT

/** `openssl s_server` as a peer, for what Deno's own server cannot do. */

import type { Issued } from "./test_authority.ts";

/** A running `openssl s_server -www`, which answers every GET with a page about the connection. */
export interface OpensslServer extends AsyncDisposable {
  port: number;
}

/** Starts one with further arguments; it is there when the promise settles. */
export async function opensslServer(issued: Issued, ...args: string[]): Promise<OpensslServer> {
  const directory = await Deno.makeTempDir({ prefix: "aziot-tls-" });
  await Deno.writeTextFile(`${directory}/server.pem`, `${issued.cert}\n${issued.key}`, {
    mode: 0o600,
  });
  const process = new Deno.Command("openssl", {
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-www", ...args],
    cwd: directory,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const stop = async () => {
    process.kill("SIGKILL");
    await process.status;
    await Deno.remove(directory, { recursive: true });
  };

  const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? "";
    const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port) {
      const drained = (async () => {
        while (!(await reader.read()).done);
      })();
      return {
        port: Number(port),
        [Symbol.asyncDispose]: async () => {
          await stop();
          await drained;
        },
      };
    }
    if (done) {
      await stop();
      throw new Error(`openssl s_server ended at once: ${text}`);
    }
  }
}
