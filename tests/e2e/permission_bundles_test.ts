// SPDX-License-Identifier: MIT

/** What packages run: a file a program, which needs nothing of what surrounds it. */

import assert from "node:assert/strict";
import { programs } from "../../packaging/manifest.ts";
import { bundle } from "../../scripts/bundle.ts";
import { certificatesClient } from "../../services/certd/client.ts";
import { RemoteError } from "../../services/http/unix_client.ts";
import { identityClient } from "../../services/identityd/client.ts";
import { keysClient } from "../../services/keyd/client.ts";
import { startDevice } from "./device.ts";

Deno.test("no program has code that follows pointers or is called by C", async () => {
  for (const { name } of programs()) {
    const source = await Deno.readTextFile(await bundle(name));
    const found = source.match(/\bUnsafe(?:Pointer|PointerView|FnPointer|Callback)\b/g) ?? [];
    assert.deepEqual(found, [], name);
  }
});

Deno.test("the services run from bundles without a network, a home and a cache", async () => {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/device`);
    await using device = await startDevice({
      dir: `${directory}/device`,
      stopped: true,
      bundles: {
        keyd: await bundle("keyd"),
        certd: await bundle("certd"),
        identityd: await bundle("identityd"),
      },
      env: { DENO_DIR: `${directory}/cache` },
      // In its own process, so that the passed socket stays its own.
      wrapper: () => [
        "unshare",
        "--net",
        ...Deno.uid() === 0 ? [] : ["--map-root-user"],
        "env",
        "--unset=HOME",
        "--unset=XDG_CACHE_HOME",
      ],
    });
    // A directory that nobody can write into or make anything below of: a file.
    await Deno.writeTextFile(`${directory}/cache`, "");
    const { keyd, certd, identityd } = device;
    for (const daemon of [keyd, certd, identityd]) await daemon.start();

    const keys = keysClient({ socket: keyd.socket });
    await keys.createKeyIfNotExists("bundle", "encrypt");
    const certificates = certificatesClient({ socket: certd.socket });
    await certificates.importCertificate("bundle", "");
    const identities = identityClient({ socket: identityd.socket });
    await assert.rejects(identities.getDeviceIdentity(), RemoteError);

    assert.equal(await Deno.readTextFile(`${directory}/cache`), "");
    for (const daemon of [identityd, certd, keyd]) assert.equal(await daemon.stop(), 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
