// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import * as v from "valibot";
import { createLog } from "../log/log.ts";
import { ConfigError, load } from "./load.ts";
import { u32, usize } from "./settings.ts";

const SCHEMA = v.object({
  homedir_path: v.optional(v.string(), "/home"),
  max_requests: v.optional(usize(), 10),
  aziot_keys: v.optional(v.record(v.string(), v.string()), {}),
  mode: v.optional(v.picklist(["one", "two"]), "one"),
  verbose: v.optional(v.boolean(), false),
  principal: v.optional(v.array(v.object({ uid: u32(), keys: v.array(v.string()) })), []),
  issuance: v.optional(
    v.objectWithRest(
      { est: v.optional(v.object({ url: v.string() })) },
      v.object({ method: v.string() }),
    ),
  ),
});

/** Files below a private directory: `config.toml` and those of `config.d`. */
type Files = Record<string, string | Uint8Array | { linkTo: string } | "directory">;

async function inDirectory(
  files: Files,
  use: (paths: { file: string; directory: string }, root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = `${root}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      if (content === "directory") await Deno.mkdir(path);
      else if (typeof content === "string") await Deno.writeTextFile(path, content);
      else if (content instanceof Uint8Array) await Deno.writeFile(path, content);
      else await Deno.symlink(content.linkTo, path);
    }
    await use({ file: `${root}/config.toml`, directory: `${root}/config.d` }, root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Loads and answers the output with the warnings, private directory left out. */
async function loaded(files: Files): Promise<{
  output: v.InferOutput<typeof SCHEMA>;
  warnings: string[];
}> {
  const lines: string[] = [];
  const log = createLog("config", undefined, {
    write: (bytes) => void lines.push(new TextDecoder().decode(bytes)),
    now: () => new Date(0),
  });
  let output: v.InferOutput<typeof SCHEMA> | undefined;
  let warnings: string[] = [];
  await inDirectory(files, async (paths, root) => {
    output = await load(paths, SCHEMA, log);
    warnings = lines.map((line) =>
      line.replaceAll(root, "<DIR>").replace(/^.*\[WARN\] - /, "").trim()
    );
  });
  assert.ok(output);
  return { output, warnings };
}

/** The messages of the error's chain, private directory left out. */
async function refused(files: Files): Promise<string[]> {
  const chain: string[] = [];
  await inDirectory(files, async (paths, root) => {
    await assert.rejects(
      load(paths, SCHEMA, createLog("config", "off")),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
          chain.push(cause.message.replaceAll(root, "<DIR>"));
        }
        return true;
      },
    );
  });
  return chain;
}

Deno.test("without any file every setting has its default", async () => {
  const { output, warnings } = await loaded({});
  assert.deepEqual({ ...output }, {
    homedir_path: "/home",
    max_requests: 10,
    aziot_keys: {},
    mode: "one",
    verbose: false,
    principal: [],
  });
  assert.deepEqual(warnings, []);
});

Deno.test("without the main file the directory's files are read", async () => {
  const { output } = await loaded({ "config.d/a.toml": "max_requests = 3\n" });
  assert.equal(output.max_requests, 3);
});

Deno.test("later files replace values, add to tables and append to lists", async () => {
  const { output } = await loaded({
    "config.toml":
      'max_requests = 1\n[aziot_keys]\na = "1"\nb = "1"\n[[principal]]\nuid = 1\nkeys = []\n',
    "config.d/20.toml": 'max_requests = 3\n[[principal]]\nuid = 3\nkeys = ["k"]\n',
    "config.d/10.toml":
      'max_requests = 2\n[aziot_keys]\nb = "2"\n[[principal]]\nuid = 2\nkeys = []\n',
  });
  assert.equal(output.max_requests, 3);
  assert.deepEqual({ ...output.aziot_keys }, { a: "1", b: "2" });
  assert.deepEqual(output.principal.map(({ uid }) => uid), [1, 2, 3]);
});

Deno.test("of the directory only regular files named .toml count, in byte order", async () => {
  const uid = (uid: number) => `[[principal]]\nuid = ${uid}\nkeys = []\n`;
  const { output } = await loaded({
    "config.toml": uid(0),
    "outside.toml": uid(99),
    "config.d/b.toml": uid(2),
    "config.d/B.toml": uid(1),
    "config.d/.x.toml": uid(7),
    "config.d/\u{ff5e}.toml": uid(3),
    "config.d/\u{1f511}.toml": uid(4),
    "config.d/.toml": uid(90),
    "config.d/c.TOML": uid(91),
    "config.d/c.toml.bak": uid(92),
    "config.d/toml": uid(93),
    "config.d/link.toml": { linkTo: "../outside.toml" },
    "config.d/sub.toml": "directory",
    "config.d/sub/x.toml": uid(94),
  });
  assert.deepEqual(output.principal.map(({ uid }) => uid), [0, 7, 1, 2, 3, 4]);
});

Deno.test("a main file that is a link is read", async () => {
  const { output } = await loaded({
    "real.toml": "max_requests = 4\n",
    "config.toml": { linkTo: "real.toml" },
  });
  assert.equal(output.max_requests, 4);
});

const REFUSED: { what: string; files: Files; chain: string[] }[] = [
  {
    what: "a syntax error",
    files: { "config.toml": "a = 1\n[aziot_keys\n" },
    chain: ["could not read config from <DIR>/config.toml", "line 2, column 1"],
  },
  {
    what: "a syntax error in the directory",
    files: { "config.toml": "", "config.d/70.toml": "x" },
    chain: ["could not read config from <DIR>/config.d/70.toml", "line 1, column "],
  },
  {
    what: "bytes that are not UTF-8",
    files: { "config.toml": Uint8Array.of(0x23, 0x0a, 0x78, 0x3d, 0x22, 0xff, 0x22, 0x0a) },
    chain: ["could not read config from <DIR>/config.toml", "line 2, column 1: not UTF-8"],
  },
  {
    what: "a directory as main file",
    files: { "config.toml": "directory" },
    chain: ["could not read config from <DIR>/config.toml", "Is a directory"],
  },
  {
    what: "a file as directory",
    files: { "config.d": "x = 1" },
    chain: ["could not read config from <DIR>/config.d", "Not a directory"],
  },
  {
    what: "a number where a string belongs",
    files: { "config.toml": "[aziot_keys]\nhomedir_path = 5\n" },
    chain: [
      "could not read config",
      "invalid type: integer `5`, expected a string in `aziot_keys.homedir_path` (<DIR>/config.toml line 2)",
    ],
  },
  {
    what: "a principal without keys",
    files: {
      "config.toml": "[[principal]]\nuid = 4\nkeys = []\n",
      "config.d/x.toml": "[[principal]]\nuid = 5\nkeys = []\n\n[[principal]]\nuid = 6\n",
    },
    chain: [
      "could not read config",
      "missing field `keys` in `principal` (<DIR>/config.d/x.toml line 5)",
    ],
  },
  {
    what: "a negative uid",
    files: { "config.toml": "[[principal]]\nuid = -1\nkeys = []\n" },
    chain: [
      "could not read config",
      "invalid value: integer `-1`, expected u32 in `principal.uid` (<DIR>/config.toml line 2)",
    ],
  },
  {
    what: "a uid of 33 bits",
    files: { "config.toml": "[[principal]]\nuid = 4294967296\nkeys = []\n" },
    chain: ["could not read config", "invalid value: integer `4294967296`, expected u32 in"],
  },
  {
    what: "a uid in quotes",
    files: { "config.toml": '[[principal]]\nuid = "5"\nkeys = []\n' },
    chain: ["could not read config", 'invalid type: string "5", expected u32 in'],
  },
  {
    what: "a float without a fraction as a count",
    files: { "config.d/q.toml": "max_requests = 2.0\n" },
    chain: [
      "could not read config",
      "invalid type: floating point `2.0`, expected usize in `max_requests` (<DIR>/config.d/q.toml line 1)",
    ],
  },
  {
    what: "a float as a count",
    files: { "config.toml": "max_requests = 2.5\n" },
    chain: ["could not read config", "invalid type: floating point `2.5`, expected usize in"],
  },
  {
    what: "an integer that a number cannot hold",
    files: { "config.toml": "\nmax_requests = 9007199254740993\n" },
    chain: [
      "could not read config from <DIR>/config.toml",
      "line 2, column 1: the integer of `max_requests` is too large",
    ],
  },
  {
    what: "a word that is none of the choices",
    files: { "config.toml": 'mode = "three"\n' },
    chain: ["could not read config", "unknown variant `three`, expected one of `one`, `two` in"],
  },
  {
    what: "a table where a list belongs",
    files: { "config.toml": "[principal]\nuid = 1\n" },
    chain: ["could not read config", "invalid type: table, expected an array in `principal` ("],
  },
  {
    what: "a list where a table belongs",
    files: { "config.toml": "aziot_keys = []\n" },
    chain: ["could not read config", "invalid type: array, expected a table in `aziot_keys` ("],
  },
  {
    what: "a number where a boolean belongs",
    files: { "config.toml": "verbose = 1\n" },
    chain: ["could not read config", "invalid type: integer `1`, expected a boolean in `verbose`"],
  },
  {
    what: "a list where a table of the user's name belongs",
    files: { "config.toml": "[issuance]\npump = []\n" },
    chain: ["could not read config", "invalid type: array, expected a table in `issuance.pump` ("],
  },
  {
    what: "a date where a string belongs",
    files: { "config.toml": "homedir_path = 2026-01-02\n" },
    chain: ["could not read config", "invalid type: date, expected a string in `homedir_path`"],
  },
];

for (const { what, files, chain } of REFUSED) {
  Deno.test(`${what} is refused with its place`, async () => {
    const messages = await refused(files);
    assert.equal(messages[0], "could not read config");
    assert.equal(messages[1], chain[0]);
    assert.ok(messages[2]?.startsWith(chain[1] ?? ""), `${messages[2]} starts with ${chain[1]}`);
  });
}

Deno.test("no message shows text of the file that may be a secret", async () => {
  const secret = "MDEyMzQ1Njc4OWFiY2RlZg==";
  for (
    const text of [
      `homedir_path = "${secret}`,
      `key = ${secret}\n`,
      `aziot_keys = "${secret}"\n`,
      `verbose = "${secret}"\n`,
      `principal = "${secret}"\n`,
      `[[principal]]\nuid = "${secret}"\nkeys = []\n`,
    ]
  ) {
    const messages = (await refused({ "config.toml": text })).join("\n");
    assert.ok(!messages.includes(secret.slice(0, 8)), messages);
  }
});

Deno.test("each unknown key draws one warning with file, line and remedy", async () => {
  const { warnings } = await loaded({
    "config.toml": 'max_request = 5\n\nzzz = 1\n[foo]\nx = 2\n[aziot_keys]\nanything = "x"\n',
    "config.d/10.toml":
      "[[principal]]\nuid = 1\nkeys = []\nmax_requests = 3\n[[principal]]\nkeys = []\nUID = 4\nuid = 5\n",
  });
  assert.deepEqual(warnings, [
    "<DIR>/config.toml line 1: unknown key `max_request` is ignored: did you mean `max_requests`?",
    "<DIR>/config.toml line 3: unknown key `zzz` is ignored",
    "<DIR>/config.toml line 4: unknown key `foo` is ignored",
    "<DIR>/config.d/10.toml line 4: unknown key `principal.max_requests` is ignored: " +
    "it stands in [principal] and belongs to the top level, above the first table header",
    "<DIR>/config.d/10.toml line 7: unknown key `principal.UID` is ignored: did you mean `uid`?",
  ]);
});

Deno.test("beside the known tables of a table the user may name more of one shape", async () => {
  const { output, warnings } = await loaded({
    "config.toml": '[issuance.est]\nurl = "x"\n[issuance.pump]\nmethod = "y"\nmethd = "z"\n',
  });
  assert.deepEqual(output.issuance, { est: { url: "x" }, pump: { method: "y" } });
  assert.deepEqual(warnings, [
    "<DIR>/config.toml line 5: unknown key `issuance.pump.methd` is ignored: did you mean `method`?",
  ]);
});

for (const name of ["__proto__", "constructor", "prototype"]) {
  Deno.test(`the name ${name} is refused where users name things, not dropped`, async () => {
    for (const table of ["aziot_keys", "issuance"]) {
      const [, , detail] = await refused({ "config.toml": `[${table}]\n${name} = "x"\n` });
      assert.match(detail ?? "", new RegExp(`^\`\\w+\` cannot be used as a name in \`${table}\``));
    }
  });
}
