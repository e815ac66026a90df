// SPDX-License-Identifier: MIT

/**
 * The recorded behaviour of the existing Keys Service: on the key files and with the handles that
 * it made, ours answers the same, and what ours writes the existing one can read.
 */

import assert from "node:assert/strict";
import { keydConfig, startKeyd } from "./keyd_daemon.ts";
import {
  readCases,
  readVector,
  type RecordedCase,
  replay,
  textOf,
  validationKeyFile,
  vector,
} from "./keyd_replay.ts";

Deno.test("bad requests get the recorded statuses and messages", async (t) => {
  await using keyd = await startKeyd({ home: vector("keyd-errors", "home") });
  await replay(t, keyd, "keyd-errors", await readCases("keyd-errors"));
});

Deno.test("operations on recorded keys have the recorded results", async (t) => {
  await using keyd = await startKeyd({ home: vector("keyd-operations", "home") });
  type Case = RecordedCase & { op: string };
  await replay<Case>(t, keyd, "keyd-operations", await readCases("keyd-operations"), {
    isFresh: ({ op }) => op === "sign-ecdsa",
    more: async ({ op, request }, answer) => {
      if (op !== "sign-ecdsa") return;
      const { parameters: { digest } } = JSON.parse(request.body ?? "");
      const { signature } = JSON.parse(textOf(answer));
      assert.ok(await isEcdsaSignature(digest, signature));
    },
  });
});

/** Whether openssl, which signs and verifies digests, accepts a signature of the recorded pair. */
async function isEcdsaSignature(digest: string, signature: string): Promise<boolean> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${dir}/digest`, Uint8Array.fromBase64(digest));
    await Deno.writeFile(`${dir}/signature`, Uint8Array.fromBase64(signature));
    const { success } = await new Deno.Command("openssl", {
      // deno-fmt-ignore
      args: ["pkeyutl", "-verify", "-pubin", "-inkey", vector("keyd-operations", "pairs/ec-p256.pub.pem"),
        "-in", `${dir}/digest`, "-sigfile", `${dir}/signature`],
    }).output();
    return success;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("key pair parameters of recorded pairs are the recorded ones", async (t) => {
  await using keyd = await startKeyd({ home: vector("keyd-key-files", "home") });
  await replay(t, keyd, "keyd-parameters", await readCases("keyd-parameters"));
});

/** What a recorded request did to the files of the home directory. */
interface FileChanges {
  filesAdded: string[];
  filesRemoved: string[];
  filesChanged: string[];
  contentMoved: [from: string, to: string][];
}

Deno.test("moves and deletions do to the files what was recorded", async (t) => {
  await using keyd = await startKeyd({ home: vector("keyd-move-delete", "home") });
  let before = await contents(keyd.home);
  const points: Record<string, string> = {};
  await replay<RecordedCase & FileChanges>(
    t,
    keyd,
    "keyd-move-delete",
    await readCases("keyd-move-delete"),
    {
      isFresh: ({ request }) => request.target.startsWith("/parameters/ec-point"),
      more: async (recorded, answer) => {
        const after = await contents(keyd.home);
        assert.deepEqual(changes(before, after), {
          filesAdded: recorded.filesAdded,
          filesRemoved: recorded.filesRemoved,
          filesChanged: recorded.filesChanged,
          contentMoved: recorded.contentMoved,
        });
        before = after;
        if (recorded.request.target.startsWith("/parameters/ec-point")) {
          points[recorded.name] = textOf(answer);
        }
      },
    },
  );
  assert.equal(
    points["old handle of B now means the moved key"],
    points["parameter of A before the move"],
  );
});

function changes(before: Map<string, string>, after: Map<string, string>): FileChanges {
  const [was, is] = [[...before.keys()], [...after.keys()]];
  const filesAdded = is.filter((name) => !before.has(name));
  const filesRemoved = was.filter((name) => !after.has(name));
  const filesChanged = is.filter((name) =>
    before.has(name) && before.get(name) !== after.get(name)
  );
  const contentMoved = filesRemoved.flatMap((from) =>
    [...filesAdded, ...filesChanged]
      .filter((to) => after.get(to) === before.get(from))
      .map((to): [string, string] => [from, to])
  );
  return { filesAdded, filesRemoved, filesChanged, contentMoved };
}

/** The key files below a home directory with their content. */
async function contents(home: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(`${home}/keys`)) {
    files.set(`keys/${name}`, (await Deno.readFile(`${home}/keys/${name}`)).toHex());
  }
  return files;
}

Deno.test("key files get the recorded names and, where it is determined, content", async (t) => {
  await using keyd = await startKeyd();
  type Case = RecordedCase & { keyId: string; file?: string; newContentBase64?: string };
  await replay<Case>(t, keyd, "keyd-key-files", await readCases("keyd-key-files"), {
    more: async ({ request, file, newContentBase64 }) => {
      if (file === undefined) return;
      const path = `${keyd.home}/keys/${file}`;
      const { mode } = await Deno.stat(path);
      assert.equal((mode ?? 0) & 0o777, 0o600);
      const content = await Deno.readFile(path);
      const { keyBytes } = JSON.parse(request.body ?? "{}");
      const expected = newContentBase64 ?? keyBytes;
      if (expected !== undefined) assert.equal(content.toBase64(), expected);
      else if (request.target.startsWith("/key?")) assert.equal(content.length, 32);
      else assert.match(new TextDecoder().decode(content), /^-----BEGIN PRIVATE KEY-----\n/);
    },
  });
  const { mode } = await Deno.stat(`${keyd.home}/keys`);
  assert.equal((mode ?? 0) & 0o777, 0o700);
  assert.equal((await Deno.stat(validationKeyFile(keyd))).size, 32);
});

Deno.test("the recorded key files and handles are all usable", async (t) => {
  await using keyd = await startKeyd({ home: vector("keyd-key-files", "home") });
  const cases = await readCases<RecordedCase & { keyId: string }>("keyd-key-files");
  await replay(
    t,
    keyd,
    "keyd-key-files",
    cases.filter(({ request }) => request.method === "GET"),
  );
});

Deno.test({
  name: "callers of several uids are authorized as recorded",
  ignore: Deno.uid() !== 0,
  fn: async (t) => {
    const [{ config }] = await readVector<[{ config: string }]>("keyd-authorization", "cases.json");
    await using keyd = await startKeyd({
      home: vector("keyd-authorization", "home"),
      config: (dir) => `${keydConfig(dir)}\n${config}`,
      mode: "0666",
    });
    await replay(t, keyd, "keyd-authorization", await readCases("keyd-authorization"));
  },
});
