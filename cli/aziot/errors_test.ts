// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { errorText } from "./errors.ts";

const missing = await Deno.readFile("/nonexistent").catch((error: unknown) => error);

Deno.test("an error alone is its message", () => {
  assert.equal(errorText(new Error("no luck"), false), "no luck\n");
});

Deno.test("a cause stands below, in the system's words", () => {
  const error = new Error("could not read config file", { cause: missing });
  assert.equal(
    errorText(error, false),
    "could not read config file\n\nCaused by:\n    No such file or directory (os error 2)\n",
  );
});

Deno.test("several causes are numbered", () => {
  const error = new Error("a", { cause: new Error("b", { cause: new Error("c") }) });
  assert.equal(errorText(error, false), "a\n\nCaused by:\n    0: b\n    1: c\n");
});

Deno.test("a failed rename is told without its paths, they are in the message above", async () => {
  const cause = await Deno.rename("/nonexistent/a", "/nonexistent/b")
    .catch((error: unknown) => error);
  assert.equal(
    errorText(new Error("x", { cause }), false),
    "x\n\nCaused by:\n    No such file or directory (os error 2)\n",
  );
});

Deno.test("the stack is for those who ask for it", () => {
  assert.doesNotMatch(errorText(new Error("a"), false), / at /);
  assert.match(errorText(new Error("a"), true), / at /);
});

Deno.test("what is no error is told too", () => {
  assert.equal(errorText("odd", false), "odd\n");
});
