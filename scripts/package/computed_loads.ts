// SPDX-License-Identifier: MIT

/** What can load a module at run time: `import()`, and what CommonJS libraries become. */
const LOADS = /(?<![.\w$])(import|(?:__)?require|new\s+Worker)\s*\((?!\s*"[^"]*"\s*\))/g;

/**
 * Where a bundle, its libraries included, loads a module by a computed name, as its lines. In a
 * compiled program such a load reads any file, whatever the read permission says.
 */
export function computedLoads(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(LOADS)) {
    const line = source.slice(
      source.lastIndexOf("\n", match.index) + 1,
      `${source}\n`.indexOf("\n", match.index),
    ).trim();
    if (/^(?:\/\/|\*|\/\*)/.test(line)) continue;
    if (isDeclaration(source, match.index + match[0].length)) continue;
    found.push(line);
  }
  return found;
}

/** Whether a body follows the list of parameters that begins at `at`: a method, no call. */
function isDeclaration(source: string, at: number): boolean {
  let depth = 1;
  while (at < source.length && depth > 0) {
    const letter = source[at++];
    if (letter === "(") depth++;
    else if (letter === ")") depth--;
  }
  return /^\s*\{/.test(source.slice(at, at + 20));
}
