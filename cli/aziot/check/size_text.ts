// SPDX-License-Identifier: MIT

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/** A number of bytes as people read it, such as `3.41 GiB`. */
export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, "B"];
  for (const next of UNITS) {
    if (size < 1024) break;
    [size, unit] = [size / 1024, next];
  }
  return unit === "B" ? `${size} B` : `${size.toFixed(2)} ${unit}`;
}
