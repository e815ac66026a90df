// SPDX-License-Identifier: MIT

/**
 * Hosts of several addresses. Which of them are tried, and when, is the platform's work; that it
 * does so is what these tests watch over. The names stand in a hosts file of their own namespace.
 */

import assert from "node:assert/strict";

/** Addresses in the order in which the system's resolver names them. */
const HOSTS: Record<string, string[]> = {
  "refusing-first": ["127.0.0.1", "127.0.0.128"],
  "silent-first": ["127.0.0.2", "127.0.0.128"],
  "refusing-and-silent-first": ["127.0.0.1", "127.0.0.2", "127.0.0.128"],
  "silent-twice-first": ["127.0.0.2", "127.0.0.3", "127.0.0.128"],
  "unreachable-first": ["203.0.113.1", "127.0.0.128"],
  "other-family-first": ["::1", "127.0.0.128"],
  "all-refusing": ["127.0.0.1", "127.0.0.4"],
  "all-silent": ["127.0.0.2", "127.0.0.3"],
};

/** Listens on .128, lets the queues of .2 and .3 run full, and connects to each host. */
const PROGRAM = `
  import { connectTcp, systemDial } from ${JSON.stringify(import.meta.resolve("./tcp.ts"))};
  const { port } = Deno.listen({ hostname: "127.0.0.128", port: 0 }).addr;
  for (const hostname of ["127.0.0.2", "127.0.0.3"]) {
    Deno.listen({ hostname, port, tcpBacklog: 1 });
    // One more than the queue is long.
    for (let count = 0; count < 2; count++) await Deno.connect({ hostname, port });
  }
  const { signal } = new AbortController();
  for (const host of ${JSON.stringify(Object.keys(HOSTS))}) {
    const target = { host, isAddress: false, port, peer: host };
    const timeoutMs = host === "all-silent" ? 700 : 10_000;
    const result = await connectTcp(target, { timeoutMs, signal, dial: systemDial })
      .then((transport) => (transport.close(), "connected"), (error) => error.phase);
    console.log(host, result);
  }
  Deno.exit(0);`;

Deno.test({
  name: "every address of a host is tried, and none that is silent holds the others up",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const lines = Object.entries(HOSTS)
        .flatMap(([host, addresses]) => addresses.map((address) => `${address} ${host}\n`));
      await Deno.writeTextFile(`${directory}/hosts`, lines.join(""));
      await Deno.writeTextFile(`${directory}/program.js`, PROGRAM);
      const script = `ip link set lo up && mount --bind "$1/hosts" /etc/hosts &&
        exec "$2" run --no-check --cached-only -A "$1/program.js"`;
      const { stdout } = await new Deno.Command("unshare", {
        args: ["--net", "--mount", "sh", "-c", script, "sh", directory, Deno.execPath()],
        stderr: "inherit",
      }).output();
      const results = new TextDecoder().decode(stdout).trim().split("\n");
      assert.deepEqual(
        results,
        Object.keys(HOSTS).map((host) =>
          `${host} ${{ "all-refusing": "connect", "all-silent": "timeout" }[host] ?? "connected"}`
        ),
      );
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
