// SPDX-License-Identifier: MIT

/**
 * Every permission of the manifest is needed at the start: without any one of them a daemon ends
 * and names it, instead of failing with the first request that would have needed it.
 */

import assert from "node:assert/strict";
import {
  developmentRoots,
  expand,
  granted,
  installedRoots,
  type Program,
  program as named,
  programs,
} from "../../packaging/manifest.ts";
import { bundle } from "../../scripts/bundle.ts";
import { launch, libraryDirectory } from "../../scripts/run.ts";
import { READY } from "./daemon.ts";
import { startDevice } from "./device.ts";

const KINDS = ["env", "read", "write", "net", "run", "sys", "ffi"] as const;
type Kind = typeof KINDS[number];

/** Longer than any start that is not stuck. */
const DEADLINE_MS = 60_000;

const DAEMONS = programs().filter(({ preload }) => preload !== undefined);

for (const { name } of DAEMONS) {
  const service = name.replace(/^aziot-/, "");

  Deno.test(`without any one of its permissions ${name} does not start and names it`, async (t) => {
    await using device = await startDevice({ stopped: true });
    const program = named(name);
    const file = await bundle(name);
    const roots = developmentRoots(device.dir, libraryDirectory());

    await t.step("with all of them it does", async () => {
      const started = await start(program, device.dir, service, file);
      assert.ok(started.includes(READY), started);
    });
    for (const { kind, entry } of entries(program)) {
      await t.step(`--allow-${kind}${entry === undefined ? "" : `=${entry}`}`, async () => {
        const log = await start(without(program, kind, entry), device.dir, service, file);
        assert.ok(!log.includes(READY), log);
        const errors = log.split("\n").filter((line) => line.startsWith("<3>")).join("\n");
        const wanted = entry === undefined ? `--allow-${kind}=` : shown(expand(entry, roots));
        assert.ok(errors.includes(wanted), `${wanted} is not named:\n${log}`);
        assert.match(errors, /permission|access/, log);
      });
    }
  });
}

/** What is granted on a device, one by one; an entry below another one grants nothing there. */
function* entries(subject: Program): Iterable<{ kind: Kind; entry: string | undefined }> {
  const installed = installedRoots("x86_64-linux-gnu");
  for (const kind of KINDS) {
    const grant = subject[kind];
    if (grant === true) {
      yield { kind, entry: undefined };
      continue;
    }
    const counting = granted(subject, kind, installed);
    for (const entry of grant) {
      if (counting !== true && counting.includes(expand(entry, installed))) yield { kind, entry };
    }
  }
}

/** The program without one entry, or without all of a kind. */
function without(subject: Program, kind: Kind, entry: string | undefined): Program {
  const grant = subject[kind];
  return { ...subject, [kind]: grant === true ? [] : grant.filter((other) => other !== entry) };
}

/** The port of a passed descriptor is not part of a development run's permissions. */
function shown(entry: string): string {
  return entry.replace(/^(\[fdac:5d5d::\]):3$/, "$1");
}

/** Starts a daemon with a passed socket; its log when it has ended or serves, then ended. */
async function start(
  manifest: Program,
  directory: string,
  service: string,
  file: string,
): Promise<string> {
  const child = launch({
    program: manifest.name,
    manifest,
    directory,
    bundle: file,
    // What the caller's environment says must not decide which variables are looked at.
    env: { AZIOT_LOG: undefined, HTTPS_PROXY: undefined, https_proxy: undefined },
    activate: [`${service}.socket=${directory}/run/aziot/${service}.sock:0600`],
  }, { stdout: "inherit", stderr: "piped" });
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  try {
    let log = "";
    let serves = false;
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      log += text;
      if (serves || !log.includes(READY)) continue;
      serves = true;
      child.kill("SIGTERM");
    }
    const { code } = await child.status;
    assert.equal(code, serves ? 0 : 1, log);
    return log;
  } finally {
    clearTimeout(deadline);
  }
}
