// SPDX-License-Identifier: MIT

import { deepEqual } from "node:assert/strict";

const module = new URL("./library_path.ts", import.meta.url).href;

/** What a program with these permissions and this environment gets for one library. */
async function pathFor(flags: string[], env: Record<string, string>): Promise<string> {
  const source = `import { libraryPath } from "${module}"; console.log(libraryPath("lib_x.so"));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      ...flags,
      `data:application/typescript,${encodeURIComponent(source)}`,
    ],
    env,
    clearEnv: true,
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

const read = "--allow-env=AZIOT_LIB_DIR";
const rows: { name: string; flags: string[]; env: Record<string, string>; path: string }[] = [
  {
    name: "a library is taken from AZIOT_LIB_DIR when that is set and readable",
    flags: [read],
    env: { AZIOT_LIB_DIR: "/somewhere" },
    path: "/somewhere/lib_x.so",
  },
  {
    name: "AZIOT_LIB_DIR that may not be read counts as unset",
    flags: [],
    env: { AZIOT_LIB_DIR: "/somewhere" },
    path: "/usr/lib/aziot/lib_x.so",
  },
  {
    name: "an empty AZIOT_LIB_DIR counts as unset",
    flags: [read],
    env: { AZIOT_LIB_DIR: "" },
    path: "/usr/lib/aziot/lib_x.so",
  },
  {
    name: "without AZIOT_LIB_DIR a library is taken from where it is installed",
    flags: [read],
    env: {},
    path: "/usr/lib/aziot/lib_x.so",
  },
];

for (const row of rows) {
  Deno.test(row.name, async () => {
    const home = await Deno.makeTempDir();
    try {
      deepEqual(await pathFor(row.flags, { ...row.env, HOME: home, NO_COLOR: "1" }), row.path);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
