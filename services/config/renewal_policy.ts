// SPDX-License-Identifier: MIT

/**
 * When something is due: after a share of a certificate's lifetime has passed, or a number of
 * seconds before it expires.
 */
export type RenewalPolicy =
  | { unit: "percent"; value: number }
  | { unit: "seconds"; value: number };

const SECONDS = { min: 60, day: 86_400 } as const;

/**
 * Reads `80%`, `90min` or `12day`. Throws an error with the rule that is broken.
 */
export function parseRenewalPolicy(text: string): RenewalPolicy {
  if (text === "") throw new Error("policy not specified");
  const unit = (["%", "min", "day"] as const).find((unit) => text.endsWith(unit));
  if (unit === undefined) throw new Error("bad units for policy: use %, min or day");
  const digits = text.slice(0, -unit.length);
  const value = Number(digits);
  if (!/^[+-]?[0-9]+$/.test(digits) || !Number.isSafeInteger(value * SECONDS.day)) {
    throw new Error("policy could not be parsed as number");
  }
  if (value <= 0) throw new Error("renewal policy values must be positive");
  if (unit !== "%") return { unit: "seconds", value: value * SECONDS[unit] };
  if (value >= 100) throw new Error("lifetime percentage must be less than 100");
  return { unit: "percent", value };
}

/** The text of a policy in its largest whole unit: `2880min` comes back as `2day`. */
export function formatRenewalPolicy({ unit, value }: RenewalPolicy): string {
  if (unit === "percent") return `${value}%`;
  return value % SECONDS.day === 0 ? `${value / SECONDS.day}day` : `${value / SECONDS.min}min`;
}
