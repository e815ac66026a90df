// SPDX-License-Identifier: MIT

/**
 * A result that may be there at once. Most calls of the keys library take microseconds; a promise
 * for each of them would cost as much again.
 */
export type Answer<T> = T | Promise<T>;

/** Goes on with a result, now if it is there. */
export function chain<T, U>(answer: Answer<T>, next: (value: T) => Answer<U>): Answer<U> {
  return answer instanceof Promise ? answer.then(next) : next(answer);
}
