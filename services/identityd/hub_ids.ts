// SPDX-License-Identifier: MIT

/**
 * Ids of devices and modules, and how they stand in URLs and tokens. What IoT Hub never allowed
 * is refused here: such an id would address another resource.
 */

// The union of the alphabets that the service published over time.
const HUB_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

/** Whether IoT Hub takes `id` for a device or a module. */
export function isHubId(id: string): boolean {
  return HUB_ID.test(id) && id !== "." && id !== "..";
}

// Letters of any script never reach DNS; an underscore does in private networks.
const HOST_NAME = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/** Whether `host` can stand in a URL as host name or address, with or without `:port`. */
export function isHostName(host: string): boolean {
  return HOST_NAME.test(host);
}

// deno-lint-ignore no-control-regex -- control characters are what must not get through
const ESCAPED = /[\x00-\x20\x7f-\u{10ffff}"<>`#?{}=%]/gu;

/**
 * Percent-encodes an id or a resource name the way the service's own clients do, plus `%`:
 * `/`, `:`, `@`, `$`, `+` and the like stay as they are.
 */
export function escapeId(text: string): string {
  return text.replace(ESCAPED, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""));
}
