// SPDX-License-Identifier: MIT

import { isTable } from "../../services/config/merge.ts";
import type { Table, Value } from "../../services/config/toml.ts";

/** Keys whose values are secrets as a whole. */
const SECRET_KEYS = ["password", "value", "endorsement", "owner"];

/** A document that may be shown: passwords, keys and PINs are `***`. */
export function masked(document: Table): Table {
  const shown: Table = Object.create(null);
  for (const [key, value] of Object.entries(document)) shown[key] = maskedValue(key, value);
  return shown;
}

function maskedValue(key: string, value: Value): Value {
  if (isTable(value)) return masked(value);
  if (SECRET_KEYS.includes(key)) return "***";
  if (Array.isArray(value)) return value.map((item) => maskedValue(key, item));
  if (typeof value !== "string") return value;
  return value
    .replace(/(SharedAccessKey=)[^;]*/g, "$1***")
    .replace(/(pin-value=)[^&]*/g, "$1***")
    .replace(/^(\w+:\/\/[^/:@]*:)[^/@]*@/, "$1***@");
}
