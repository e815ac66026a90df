// SPDX-License-Identifier: MIT

import { invalidParameter } from "../http/errors.ts";

/**
 * Refuses a text that the keys library could not see whole: C strings end at the first NUL.
 * `parameter` is the name that the error gives to it, the position is that in UTF-8.
 */
export function checkCString(text: string, parameter: string): void {
  const nul = text.indexOf("\0");
  if (nul < 0) return;
  const position = new TextEncoder().encode(text.slice(0, nul)).length;
  throw invalidParameter(parameter, `nul byte found in provided data at position: ${position}`);
}
