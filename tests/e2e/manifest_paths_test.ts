// SPDX-License-Identifier: MIT

/**
 * What the daemons really open, connect to and execute, seen by strace: nothing that is neither in
 * their entry of the manifest nor in the written list of what the runtime itself needs.
 */

import assert from "node:assert/strict";
import {
  developmentRoots,
  expand,
  type Program,
  program as named,
} from "../../packaging/manifest.ts";
import runtime from "../../packaging/runtime_paths.json" with { type: "json" };
import { bundle } from "../../scripts/bundle.ts";
import { libraryDirectory } from "../../scripts/run.ts";
import { certificatesClient } from "../../services/certd/client.ts";
import { identityClient } from "../../services/identityd/client.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { startCloud } from "../cloud/cloud.ts";
import { startDevice } from "./device.ts";

const PROGRAMS = ["keyd", "certd", "identityd"];

/** Where the runtime notes its permissions while all tests run, see `tests/audit`. */
const audits = Deno.env.get("AZIOT_PERMISSION_AUDIT");

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");

Deno.test("the daemons touch only what the manifest and the runtime's list name", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await using cloud = await startCloud({ dir: `${directory}/cloud`, hub: "hub" });
    const hub = cloud.hubs.get("hub");
    assert.ok(hub);
    const { connectionString } = hub.addDevice("press-07");
    const dir = `${directory}/device`;
    await Deno.mkdir(dir);
    {
      await using device = await startDevice({
        dir,
        hub: { connectionString, caPath: cloud.caPath },
        // As packages run them: one file a program, and no cache of the runtime.
        bundles: Object.fromEntries(
          await Promise.all(PROGRAMS.map(async (name) => [name, await bundle(name)])),
        ),
        env: { DENO_DIR: "/dev/null", HOME: "/nonexistent", LC_ALL: "C" },
        wrapper: (program) => strace(`${directory}/${program}.strace`),
      });
      const identities = identityClient({ socket: device.identityd.socket });
      await identities.createModule("pump");
      await identities.listModules();
      await identities.deleteModule("pump");
      await identities.reprovision();
      const keys = keysClient({ socket: device.keyd.socket });
      const key = await keys.createKeyIfNotExists("strace", "encrypt");
      await keys.encryptAead(key, new Uint8Array(12), new Uint8Array(0), new Uint8Array(16));
      await keys.deleteKey(key);
      const certificates = certificatesClient({ socket: device.certd.socket });
      await certificates.importCertificate("strace", await Deno.readTextFile(cloud.caPath));
      await certificates.getCertificate("strace");
      await certificates.deleteCertificate("strace");
    }
    for (const program of PROGRAMS) {
      const touched = touchedPaths(await Deno.readTextFile(`${directory}/${program}.strace`));
      assert.ok(touched.size > 10, `${program}: strace has seen next to nothing`);
      const allowed = allowance(named(program), dir, cloud.caPath);
      const outside = [...touched].filter((path) => !allowed(path));
      assert.deepEqual(outside, [], `${program} touched paths that are in no list`);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** The tracer as a grandchild, so that the daemon keeps the pid that was started. */
function strace(output: string): string[] {
  return ["strace", "-D", "-f", "-qq", "-e", "trace=openat,open,connect,execve", "-o", output];
}

/** Absolute paths of the calls that succeeded: a failed open has told the program nothing. */
function touchedPaths(trace: string): Set<string> {
  const paths = new Set<string>();
  for (const line of trace.split("\n")) {
    if (/ = -1 /.test(line)) continue;
    const path = /(?:openat\([^"]*|open\(|execve\(|sun_path=)"([^"]*)"/.exec(line)?.[1];
    if (path?.startsWith("/")) paths.add(path);
  }
  return paths;
}

function allowance(subject: Program, dir: string, caPath: string): (path: string) => boolean {
  const lib = libraryDirectory();
  const roots = developmentRoots(dir, lib);
  const granted = [
    ...[subject.read, subject.write].flatMap((grant) => grant === true ? [] : grant),
    ...subject.ffi,
    ...subject.preload ? [subject.preload] : [],
    ...subject.nativeRead,
    ...subject.nativeWrite,
  ].map((path) => expand(path, roots));
  // The start of a development run, and the trust that a test gives by SSL_CERT_FILE.
  const development = [
    `${lib}/activate`,
    Deno.execPath(),
    `${root}/build/bundles/${subject.name}.js`,
    `${dir}/run/aziot`,
    `${lib}/libaziot_keys.so`,
    caPath,
    ...audits === undefined ? [] : [audits],
  ];
  const patterns = runtime.paths.map(({ path }) => new RegExp(`^${path}$`));
  return (path) =>
    [...granted, ...development].some((entry) => path === entry || path.startsWith(`${entry}/`)) ||
    patterns.some((pattern) => pattern.test(path));
}
