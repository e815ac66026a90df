// SPDX-License-Identifier: MIT

/** A unit file of systemd: the values of each directive in their order, by `Section.Name`. */
export type UnitFile = Map<string, string[]>;

/** Reads as much of the format as our unit files use: no continued lines, no quoting. */
export function readUnit(text: string): UnitFile {
  const directives: UnitFile = new Map();
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "" || /^[#;]/.test(line)) continue;
    const heading = /^\[(\w+)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading;
      continue;
    }
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined || section === "") {
      throw new Error(`line ${index + 1} is no directive: ${line}`);
    }
    const key = `${section}.${name}`;
    directives.set(key, [...directives.get(key) ?? [], value]);
  }
  return directives;
}

/** The words of a directive that may be given several times, such as paths. */
export function words(unit: UnitFile, key: string): string[] {
  return (unit.get(key) ?? []).flatMap((value) => value.split(/\s+/)).filter((word) => word !== "");
}
