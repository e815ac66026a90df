// SPDX-License-Identifier: MIT

/** `activate`: sockets passed to a program the way systemd does. */

import { deepEqual, equal, match } from "node:assert/strict";
import { libraryPath } from "../library_path.ts";

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function activate(...args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(libraryPath("activate"), {
    args,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A test with a directory of its own. */
function test(name: string, body: (directory: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const directory = await Deno.makeTempDir({ prefix: "aziot" });
    try {
      await body(directory);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

test("sockets are passed from descriptor 3 on, named, to the same process", async (directory) => {
  const script = `[ "$LISTEN_PID" = $$ ] && echo same
    echo "$LISTEN_FDS $LISTEN_FDNAMES"
    for fd in 3 4 5; do readlink /proc/$$/fd/$fd; done; true`;
  const { stdout, code } = await activate(
    `one=${directory}/1.sock:0660`,
    `two.socket=${directory}/2.sock:0600`,
    ...["--", "/bin/sh", "-c", script],
  );
  // Nothing on 5: the sockets as they were made are not passed besides.
  equal(stdout.replace(/:\[\d+\]/g, ""), "same\n2 one:two.socket\nsocket\nsocket\n");
  equal(code, 0);
});

test("what an outer activation passed is replaced", async (directory) => {
  const inner = [libraryPath("activate"), `b=${directory}/b:600`, "--", "/bin/sh", "-c"];
  const { stdout } = await activate(
    ...[`a=${directory}/a:600`, `c=${directory}/c:600`, "--", ...inner],
    `echo "$LISTEN_FDS $LISTEN_FDNAMES"; [ "$LISTEN_PID" = $$ ] && echo same`,
  );
  equal(stdout, "1 b\nsame\n");
});

test("a socket belongs to the caller and has exactly the mode that was asked for", async (directory) => {
  for (const mode of ["0660", "666", "0600", "777"]) {
    const { code } = await activate(`x=${directory}/x.sock:${mode}`, "--", "/bin/true");
    equal(code, 0);
    const { isFile, mode: bits, uid, gid } = await Deno.lstat(`${directory}/x.sock`);
    deepEqual(
      { isFile, bits: (bits ?? 0) & 0o7777, uid, gid },
      { isFile: false, bits: parseInt(mode, 8), uid: Deno.uid(), gid: Deno.gid() },
    );
  }
});

test("a socket that is left over is replaced, a file is not", async (directory) => {
  const socket = `${directory}/x.sock`;
  equal((await activate(`x=${socket}:600`, "--", "/bin/true")).code, 0);
  equal((await activate(`x=${socket}:600`, "--", "/bin/true")).code, 0);
  await Deno.writeTextFile(`${directory}/file`, "kept");
  const { code, stderr } = await activate(
    ...[`x=${socket}:600`, `y=${directory}/file:600`, "--", "/bin/true"],
  );
  equal(code, 1);
  equal(stderr, `activate: ${directory}/file: something that is no socket is there\n`);
  equal(await Deno.readTextFile(`${directory}/file`), "kept");
  // The socket that was bound before the failure is not left behind.
  deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["file"]);
});

test("a path may contain colons and equals signs", async (directory) => {
  const socket = `${directory}/a:b=c`;
  equal((await activate(`x=${socket}:600`, "--", "/bin/true")).code, 0);
  equal((await Deno.lstat(socket)).isFile, false);
});

test("the program's exit code and arguments are its own", async (directory) => {
  const { code, stdout } = await activate(
    ...[`x=${directory}/x:600`, "--", "/bin/sh", "-c", 'echo "$0 $1"; exit 7', "--", "a b"],
  );
  deepEqual([code, stdout], [7, "-- a b\n"]);
});

test("a program that cannot be run leaves no socket", async (directory) => {
  const missing = await activate(`x=${directory}/x:600`, "--", `${directory}/none`);
  equal(missing.code, 127);
  equal(missing.stderr, `activate: ${directory}/none: No such file or directory\n`);
  const refused = await activate(`x=${directory}/x:600`, "--", directory);
  equal(refused.code, 126);
  deepEqual([...Deno.readDirSync(directory)], []);
});

test("a path that is too long or cannot be had is named", async (directory) => {
  const long = `${directory}/${"x".repeat(120)}`;
  const { code, stderr } = await activate(`x=${long}:600`, "--", "/bin/true");
  equal(code, 1);
  equal(stderr, `activate: ${long}: the path of a socket has at most 107 bytes\n`);
  match(
    (await activate(`x=${directory}/no/x:600`, "--", "/bin/true")).stderr,
    /no\/x: No such file or directory\n$/,
  );
});

const USAGE: { args: string[]; message: string }[] = [
  { args: [], message: "no socket given" },
  { args: ["--", "/bin/true"], message: "no socket given" },
  { args: ["x=/tmp/x:600"], message: "no command given" },
  { args: ["x=/tmp/x:600", "--"], message: "no command given" },
  { args: ["x", "--", "/bin/true"], message: "not of the form NAME=PATH:MODE: x" },
  { args: ["x=/tmp/x", "--", "/bin/true"], message: "not of the form NAME=PATH:MODE: x=/tmp/x" },
  { args: ["=/tmp/x:600", "--", "/bin/true"], message: "NAME=PATH:MODE: =/tmp/x:600" },
  { args: ["x=:600", "--", "/bin/true"], message: "NAME=PATH:MODE: x=:600" },
  { args: ["x=/tmp/x:", "--", "/bin/true"], message: "NAME=PATH:MODE: x=/tmp/x:" },
  { args: ["x=/tmp/x:689", "--", "/bin/true"], message: "NAME=PATH:MODE: x=/tmp/x:689" },
  { args: ["x=/tmp/x:1777", "--", "/bin/true"], message: "NAME=PATH:MODE: x=/tmp/x:1777" },
  { args: ["x=/tmp/x:-600", "--", "/bin/true"], message: "NAME=PATH:MODE: x=/tmp/x:-600" },
  { args: ["x:y=/tmp/x:600", "--", "/bin/true"], message: "NAME=PATH:MODE: x:y=/tmp/x:600" },
  { args: ["x y=/tmp/x:600", "--", "/bin/true"], message: "NAME=PATH:MODE: x y=/tmp/x:600" },
];

for (const { args, message } of USAGE) {
  Deno.test(`activate ${args.join(" ")} is a usage error`, async () => {
    const { code, stderr } = await activate(...args);
    equal(code, 2);
    const [first = "", second] = stderr.split("\n");
    equal(first.startsWith("activate: ") && first.endsWith(message), true, first);
    equal(second, "usage: activate NAME=PATH:MODE ... -- COMMAND [ARGUMENT ...]");
  });
}
