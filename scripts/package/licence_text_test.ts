// SPDX-License-Identifier: MIT

import assert from "node:assert/strict";
import { chosenLicences, licenceOf, readLicence } from "./licence_text.ts";

const MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy\nof this";

Deno.test("texts that differ in holders, title and line breaks have the same key", () => {
  const first = readLicence(`MIT License\n\nCopyright (c) 2020 A. Person\n\n${MIT}\n`);
  const second = readLicence(
    `The MIT License (MIT)\r\n\r\n(c) 2019-2021 B, Inc.\r\n\r\n${MIT.replace("\n", " ")}`,
  );
  assert.equal(first.key, second.key);
  assert.deepEqual(first.copyright, ["Copyright (c) 2020 A. Person"]);
  assert.deepEqual(second.copyright, ["(c) 2019-2021 B, Inc."]);
});

Deno.test("a licence's own words about copyright are no holder", () => {
  const { copyright, body } = readLicence(
    "Copyright [yyyy] [name of copyright owner]\ncopyright notice that is included\n",
  );
  assert.deepEqual(copyright, []);
  assert.match(body, /copyright notice/);
});

for (
  const [text, licence] of [
    [MIT, "MIT"],
    ["Apache License\nVersion 2.0, January 2004", "Apache-2.0"],
    [
      "Apache License Version 2.0\nLLVM Exceptions to the Apache 2.0 License",
      "Apache-2.0 WITH LLVM-exception",
    ],
    ["Redistributions of source code must retain … Neither the name of", "BSD-3-Clause"],
    ["Redistributions of source code must retain", "BSD-2-Clause"],
    ["Permission to use, copy, modify, and/or distribute", "ISC"],
    ["All rights reserved by somebody.", undefined],
  ] as const
) {
  Deno.test(`a text that begins "${text.slice(0, 40)}" is ${licence ?? "not known"}`, () => {
    assert.equal(licenceOf(text), licence);
  });
}

for (
  const [expression, chosen] of [
    ["MIT OR Apache-2.0", ["MIT"]],
    ["Apache-2.0/MIT", ["MIT"]],
    ["Apache-2.0 OR BSL-1.0", ["Apache-2.0"]],
    ["(MIT OR Apache-2.0) AND Unicode-3.0", ["MIT", "Apache-2.0", "Unicode-3.0"]],
    ["MPL-2.0", ["MPL-2.0"]],
    ["", []],
  ] as const
) {
  Deno.test(`of "${expression}" the texts of ${chosen.join(", ") || "none"} are kept`, () => {
    assert.deepEqual(chosenLicences(expression), chosen);
  });
}
