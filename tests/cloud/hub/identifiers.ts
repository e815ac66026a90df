// SPDX-License-Identifier: MIT

/** Ids of devices and modules, and the marks that the hub puts on their records. */

/** 1 to 128 of the characters that the service has allowed over time; `.` and `..` are not ids. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(text) && text !== "." && text !== "..";
}

/** The tick count of .NET at the Unix epoch; a tick is 100 ns. */
const EPOCH_TICKS = 621_355_968_000_000_000n;

let lastGeneration = 0n;

/** A new generation id: decimal ticks of the moment, greater than every one before it. */
export function newGenerationId(now: Date): string {
  const ticks = EPOCH_TICKS + BigInt(now.getTime()) * 10_000n;
  lastGeneration = ticks > lastGeneration ? ticks : lastGeneration + 1n;
  return String(lastGeneration);
}

/** A new entity tag, without quotes. */
export function newEtag(): string {
  return btoa(String(crypto.getRandomValues(new Uint32Array(1))[0]));
}

/**
 * Whether the `if-match` header lets a change of the record with `etag` pass: a bare `*`, or a
 * list with the tag in it, weak or strong.
 */
export function matches(ifMatch: string, etag: string): boolean {
  if (ifMatch.trim() === "*") return true;
  return ifMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === `"${etag}"`);
}
