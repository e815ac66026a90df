// SPDX-License-Identifier: MIT

/** Far longer than anything takes on a machine that has much else to do. */
const DEADLINE_MS = 120_000;

/** Waits until `condition` holds; throws with `what` and `details` when it does not within minutes. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  details: () => string = () => "",
): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await condition()) {
    if (performance.now() > deadline) {
      throw new Error(`in vain waited for: ${what}\n${details()}`.trimEnd());
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
