// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { Failure } from "./failure.ts";
import { parseOptions } from "./options.ts";

Deno.test("without options this machine's packages are built into out with xz", () => {
  assert.deepEqual(parseOptions([], "arm64"), { arch: "arm64", out: "out", compression: "xz" });
});

Deno.test("every option arrives", () => {
  const args = ["--variant=compile", "--arch=arm64", "--deno=/d", "--denort=/r", "--only=tree"];
  args.push("--out=/o ut", "--compression=gzip", "--sign-key=AB12");
  assert.deepEqual(parseOptions(args, "amd64"), {
    variant: "compile",
    arch: "arm64",
    deno: "/d",
    denort: "/r",
    only: "tree",
    out: "/o ut",
    compression: "gzip",
    signKey: "AB12",
  });
});

for (
  const [args, complaint] of [
    [["--variant=static"], /--variant is compile or shared, not static/],
    [["--arch=armhf"], /--arch is amd64 or arm64, not armhf/],
    [["--only=rpm"], /--only is bin or tree or deb/],
    [["--compression=none"], /--compression is xz or gzip/],
    [["--colour=red"], /no option --colour/],
    [["--variant", "shared"], /what is --variant\?/],
    [["--out="], /what is --out=\?/],
    [["all"], /what is all\?/],
    [["--toolchain=/t", "--deno=/d"], /--toolchain brings its own/],
    [["--variant=shared", "--denort=/d"], /--denort is for --variant=compile/],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused with the usage and status 2`, () => {
    assert.throws(() => parseOptions(args, "amd64"), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.status, 2);
      assert.match(error.message, complaint);
      assert.match(error.message, /usage: scripts\/build/);
      return true;
    });
  });
}
