// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startDaemon } from "./testing/fixture.ts";
import { exchange, get } from "./testing/raw_client.ts";

const V = "?api-version=2021-05-01";
const NOBODY = 65534;

/** What a process of another user is told about itself, and its pid. */
async function askAs(uid: number, gid: number, socket: string): Promise<[string, number]> {
  // Whatever is there in any Debian and speaks raw sockets; Deno's own directories may be closed
  // to another user.
  const script =
    "use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ARGV[0]))" +
    " or die $!; syswrite S, $ARGV[1]; sysread S, $r, 4096; print $r;";
  const child = new Deno.Command("/usr/bin/perl", {
    args: ["-e", script, socket, get(`/peer${V}`)],
    uid,
    gid,
    cwd: "/",
    clearEnv: true,
    stdout: "piped",
  }).spawn();
  const { pid } = child;
  const { stdout } = await child.output();
  return [new TextDecoder().decode(stdout), pid];
}

Deno.test("a caller is seen with its own pid, uid and gid", async () => {
  await using daemon = await startDaemon();
  const { body } = await exchange(daemon.socket, get(`/peer${V}`));
  const { connection, ...peer } = JSON.parse(body) as Record<string, number>;
  assert.deepEqual(peer, { pid: Deno.pid, uid: Deno.uid(), gid: Deno.gid() });
  assert.ok(connection !== undefined && connection > 0);
});

Deno.test({
  name: "callers of several users at once are never taken for each other",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using daemon = await startDaemon({
      settings: (dir) => ({ sockets: [{ endpoint: `unix://${dir}/s` }], maxConnections: 100 }),
    });
    const users = [[NOBODY, NOBODY], [0, 0], [1000, 1001], [4_000_000_000, 5]] as const;
    const calls = Array.from({ length: 24 }, async (_, index) => {
      const [uid, gid] = users[index % users.length] ?? [0, 0];
      const [answer, pid] = await askAs(uid, gid, daemon.socket);
      assert.ok(answer.includes(`{"pid":${pid},"uid":${uid},"gid":${gid},`), answer);
    });
    await Promise.all(calls);
  },
});
