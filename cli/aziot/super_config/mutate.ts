// SPDX-License-Identifier: MIT

/** Values of every type and some that are odd of their type, as TOML. */
const VALUES = [
  ...[
    "5",
    "-1",
    "0",
    "4294967296",
    "9007199254740993",
    "2.0",
    "nan",
    "inf",
    "true",
    '""',
    "[]",
    "{}",
  ],
  ...['"x"', "'''\n'''", "[1]", '["a", 5]', "[[]]", "{ a = 1 }", "{ uri = 5 }", '"file:///a b"'],
  ...[
    '"pkcs11:token=t"',
    '"/etc/x.pem"',
    '"https://h"',
    '"\\u0000"',
    '"ü"',
    "1979-05-27",
    "07:32:00",
  ],
  ...['"0%"', '"5day"', '"none"', '"dps"', '"manual"', '"x509"', '"est"', '"QUI"', '"====', "[{}]"],
];

const NAMES = [
  ...[
    "provisioning",
    "source",
    "__proto__",
    "constructor",
    "a.b",
    '"x y"',
    "''",
    "toString",
    "uri",
  ],
  ...["identity_cert", "method", "est", "preloaded_keys", "cert_issuance", "[x]", "[[x]]"],
];

/** Changes a text in a few of many ways; `random` answers numbers from 0 to 1. */
export function mutate(text: string, others: readonly string[], random: () => number): string {
  let mutated = text;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    mutated = pick(WAYS, random)(mutated, others, random);
  }
  return mutated;
}

type Way = (text: string, others: readonly string[], random: () => number) => string;

const WAYS: readonly Way[] = [
  // A value becomes another one.
  ...Array<Way>(5).fill((text, _, random) =>
    changeLine(text, random, (line) => line.replace(/=.*/s, `= ${pick(VALUES, random)}`))
  ),
  // A key becomes another one.
  (text, _, random) =>
    changeLine(text, random, (line) => line.replace(/^\s*[^=]*/, `${pick(NAMES, random)} `)),
  // A line goes, comes twice, or moves.
  (text, _, random) => changeLine(text, random, () => ""),
  (text, _, random) => changeLine(text, random, (line) => `${line}\n${line}`),
  (text, _, random) => {
    const lines = text.split("\n");
    const [line = ""] = lines.splice(Math.floor(random() * lines.length), 1);
    lines.splice(Math.floor(random() * (lines.length + 1)), 0, line);
    return lines.join("\n");
  },
  // A part of another file comes in.
  (text, others, random) => {
    const lines = pick(others, random).split("\n");
    const from = Math.floor(random() * lines.length);
    const part = lines.slice(from, from + 1 + Math.floor(random() * 4));
    return changeLine(text, random, (line) => [line, ...part].join("\n"));
  },
  // A character goes, comes or changes.
  (text, _, random) => splice(text, random, 1, ""),
  (text, _, random) => splice(text, random, 0, pick([..."[]{}\"'=.,#\\\n\0é€\u{1f600}"], random)),
  (text, _, random) => splice(text, random, 1, String.fromCharCode(random() * 128)),
  // The end is missing.
  (text, _, random) => text.slice(0, random() * text.length),
];

function changeLine(text: string, random: () => number, change: (line: string) => string): string {
  const lines = text.split("\n");
  const at = Math.floor(random() * lines.length);
  return lines.map((line, index) => index === at ? change(line) : line).join("\n");
}

function splice(text: string, random: () => number, length: number, inserted: string): string {
  const at = Math.floor(random() * text.length);
  return text.slice(0, at) + inserted + text.slice(at + length);
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}
