// SPDX-License-Identifier: MIT

/**
 * Random numbers from 0 to 1 that can be had again: the seed is printed, and AZIOT_SEED sets it.
 */
export function randomNumbers(usual = Math.floor(Math.random() * 2 ** 31)): () => number {
  let state = Number(Deno.env.get("AZIOT_SEED") ?? usual);
  console.log(`AZIOT_SEED=${state}`);
  // mulberry32
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}
