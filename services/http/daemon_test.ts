// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { startFailure } from "./daemon.ts";

Deno.test("a failed start is printed with its causes, one record a line", () => {
  const rows: [error: unknown, lines: string[]][] = [
    [new Error("no library"), ["service encountered an error", "caused by: no library"]],
    [
      new Error("could not set a parameter", { cause: new Error("invalid", { cause: "deep" }) }),
      [
        "service encountered an error",
        "caused by: could not set a parameter",
        "caused by: invalid",
        "caused by: deep",
      ],
    ],
    [
      new Error("could not read config", {
        cause: new Error("could not read config from /etc/x.toml", {
          cause: new Error("syntax error\n  |\n1 | [x\n\nunclosed table"),
        }),
      }),
      [
        "could not read config",
        "caused by: could not read config from /etc/x.toml",
        "caused by: syntax error",
        "  |",
        "1 | [x",
        "unclosed table",
      ],
    ],
    ["text", ["service encountered an error", "caused by: text"]],
    [undefined, ["service encountered an error"]],
  ];
  for (const [error, lines] of rows) assert.deepEqual(startFailure(error), lines);
});
