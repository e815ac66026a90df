// SPDX-License-Identifier: MIT

/** What was looked at, or why it cannot be had. */
export type Looked<T> = { value: T } | { error: unknown };

/** Looks at something and never throws. */
export async function look<T>(at: () => Promise<T>): Promise<Looked<T>> {
  try {
    return { value: await at() };
  } catch (error) {
    return { error };
  }
}

/** What there is, `undefined` when it could not be had. */
export function valueOf<T>(looked: Looked<T>): T | undefined {
  return "value" in looked ? looked.value : undefined;
}

/** A function that runs another one with the first call, and answers all calls alike. */
export function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => running ??= run();
}
