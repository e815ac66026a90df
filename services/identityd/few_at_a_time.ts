// SPDX-License-Identifier: MIT

/**
 * Does `work` with each item, begun in their order, at most `width()` of them at a time but always
 * one. After a failure nothing new is begun; the first failure is thrown when all have ended.
 */
export async function fewAtATime<T>(
  items: readonly T[],
  width: () => number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  for (const item of items) {
    while (running.size >= Math.max(1, width())) await Promise.race(running);
    if (failures.length > 0) break;
    const one = work(item)
      .catch((error) => void failures.push(error))
      .finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
