// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { SILENT } from "../log/log.ts";
import { removeUnfinished } from "./leftovers.ts";
import type { Places } from "./preloaded.ts";
import { inDirectory } from "./test_directory.ts";

Deno.test("unfinished files go: all of the service's own, the abandoned ones elsewhere", async () => {
  await inDirectory(async (directory) => {
    const [young, old] = [".0123456789abcdef.tmp", ".fedcba9876543210.tmp"];
    for (const place of ["certs", "user"]) {
      await Deno.mkdir(`${directory}/${place}`);
      for (const name of [young, old, "ca.pem"]) {
        await Deno.writeTextFile(`${directory}/${place}/${name}`, "");
      }
      const before = new Date(Date.now() - 120_000);
      await Deno.utime(`${directory}/${place}/${old}`, before, before);
    }
    const places: Places = new Map([
      ["ca", { kind: "file", path: `${directory}/user/ca.pem` }],
      ["gone", { kind: "file", path: `${directory}/none/ca.pem` }],
      ["file", { kind: "file", path: `${directory}/user/ca.pem/x` }],
      ["own", { kind: "file", path: `${directory}/certs/own.pem` }],
      ["all", { kind: "bundle", ids: ["ca"] }],
    ]);
    await removeUnfinished(`${directory}/certs`, places, SILENT);
    const names = (place: string) =>
      [...Deno.readDirSync(`${directory}/${place}`)].map(({ name }) => name).sort();
    assert.deepEqual(names("certs"), ["ca.pem"]);
    assert.deepEqual(names("user"), [young, "ca.pem"]);
  });
});
