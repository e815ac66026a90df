// SPDX-License-Identifier: MIT

/** The recorded behaviour of the existing Certificates Service. */

import assert from "node:assert/strict";
import { type Certd, startCertd } from "./certd_daemon.ts";
import { replay } from "./certd_replay.ts";
import { readVector, type RecordedCase, vector } from "./keyd_replay.ts";
import { exchange, rawRequest } from "./raw_http.ts";

/** The configuration of a topic: its first entry. */
async function configOf(topic: string): Promise<string> {
  const [{ config }] = await readVector<[{ config: string }]>(topic, "cases.json");
  return config;
}

/** What a recorded request did to the files of the home directory. */
type StorageCase = RecordedCase & {
  filesWritten: [path: string, mode: string, content: string][];
  filesRemoved: string[];
  preloadedFileExists?: boolean;
};

/** The recording leaves out what it would repeat a million times. */
const MEGABYTE = "<1000010 bytes>";

Deno.test("certificates are imported, read, bundled and deleted as recorded", async (t) => {
  const topic = "certd-storage";
  const config = await configOf(topic);
  await using certd = await startCertd({ config: (dir) => config.replaceAll("<DIR>", pre(dir)) });
  await Deno.mkdir(`${pre(certd.dir)}/pre`, { recursive: true });
  await Deno.copyFile(vector(topic, "leaf.cert.pem"), `${pre(certd.dir)}/pre/one.pem`);
  await Deno.copyFile(vector(topic, "leaf2.cert.pem"), `${pre(certd.dir)}/pre/with spaceé.pem`);
  const body = await largeBody(vector(topic, "leaf.cert.pem"), 1_000_010);

  let before = await contents(certd);
  await replay<StorageCase>(t, certd.socket, topic, {
    prepare: (recorded) =>
      recorded.response.body !== MEGABYTE ? recorded : {
        ...recorded,
        request: { ...recorded.request, ...recorded.request.method === "PUT" && { body } },
        response: { ...recorded.response, body },
      },
    async more({ filesWritten, filesRemoved, preloadedFileExists }, differs) {
      const after = await contents(certd);
      const changed = [...after.keys()].filter((path) => after.get(path) !== before.get(path));
      const removed = [...before.keys()].filter((path) => !after.has(path));
      before = after;
      if (differs) return assert.deepEqual([changed, removed], [[], []]);
      const written = filesWritten.map(([path]) => path);
      assert.deepEqual(changed.filter((path) => !written.includes(path)), []);
      assert.deepEqual(removed, filesRemoved);
      for (const [path, mode, content] of filesWritten) {
        assert.equal(modeOf(`${certd.home}/${path}`), mode);
        if (!content.startsWith("<")) assert.equal(after.get(path), content);
      }
      if (preloadedFileExists !== undefined) {
        assert.equal(exists(`${pre(certd.dir)}/pre/missing.pem`), preloadedFileExists);
      }
    },
  });
});

/** Where the recording's preloaded files are: below what the service may write. */
const pre = (dir: string) => `${dir}/var/secrets/aziot`;

/** The body of an import so many bytes long: a certificate, and then text. */
async function largeBody(path: string, length: number): Promise<string> {
  const pem = await Deno.readTextFile(path);
  return JSON.stringify({ pem: pem + "x".repeat(length - JSON.stringify({ pem }).length) });
}

/** The files of the home directory with their contents, one byte a character. */
async function contents({ home }: Certd): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  if (!exists(`${home}/certs`)) return files;
  for await (const { name } of Deno.readDir(`${home}/certs`)) {
    const bytes = await Deno.readFile(`${home}/certs/${name}`);
    files.set(`certs/${name}`, Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  }
  return files;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function modeOf(path: string): string {
  return `0o${((Deno.statSync(path).mode ?? 0) & 0o777).toString(8)}`;
}

Deno.test({
  name: "bad and unauthorized requests get the recorded statuses and messages",
  ignore: Deno.uid() !== 0,
  async fn(t) {
    const config = await configOf("certd-errors");
    await using certd = await startCertd({ config: () => config });
    await replay(t, certd.socket, "certd-errors");
  },
});

Deno.test("files that the existing product has stored are served as they are", async () => {
  await using certd = await startCertd({ home: vector("certd-storage", "home") });
  const ids: Record<string, string> = {
    "stored-x": "storedx",
    "dybxmy/module/zrfcn:505:server": "dybxmymodulezrfcn505server",
    "wpv é zbb": "wpvzbb",
    "$a.zwew": "azwew",
    "%emmq%2F": "emmq2F",
    nonl: "nonl",
  };
  const files = await contents(certd);
  for (const [id, readable] of Object.entries(ids)) {
    const target = `/certificates/${encodeURIComponent(id)}?api-version=2020-09-01`;
    const { status, body } = await exchange(certd.socket, rawRequest("GET", target));
    assert.equal(status, 200);
    const [, content] = [...files].find(([path]) => path.startsWith(`certs/${readable}-`)) ?? [];
    assert.deepEqual(JSON.parse(new TextDecoder().decode(body)), { pem: content });
  }
});
