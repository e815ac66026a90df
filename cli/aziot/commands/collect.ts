// SPDX-License-Identifier: MIT

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, previous: string[] | undefined): string[] {
  return [...previous ?? [], value];
}
