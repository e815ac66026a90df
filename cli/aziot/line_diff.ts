// SPDX-License-Identifier: MIT

/** A line of a difference: kept, taken out or put in. */
export interface DiffLine {
  sign: " " | "-" | "+";
  text: string;
}

/** The fewest lines to take out of `before` and put in to get `after`; both are short texts. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const old = before.split("\n");
  const now = after.split("\n");
  const common = commonLengths(old, now);
  const lines: DiffLine[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    const lengthWithout = (skipOld: number, skipNow: number) =>
      common[i + skipOld]?.[j + skipNow] ?? -1;
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ sign: " ", text: old[i++] ?? "" });
      j++;
    } else if (j >= now.length || i < old.length && lengthWithout(1, 0) >= lengthWithout(0, 1)) {
      lines.push({ sign: "-", text: old[i++] ?? "" });
    } else {
      lines.push({ sign: "+", text: now[j++] ?? "" });
    }
  }
  return lines;
}

/** At `[i][j]`: how many lines the rests from `i` and `j` on have in common, in order. */
function commonLengths(old: readonly string[], now: readonly string[]): number[][] {
  const table = Array.from({ length: old.length + 1 }, () => new Array(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = table[i];
      if (row === undefined) continue;
      row[j] = old[i] === now[j]
        ? 1 + (table[i + 1]?.[j + 1] ?? 0)
        : Math.max(table[i + 1]?.[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
