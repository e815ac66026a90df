// SPDX-License-Identifier: MIT

/** Environment variables under narrow permissions. */

/**
 * A variable's value. Throws when the program may not read it: packages let it read each one that
 * it has a use for, and what it would do without is not what the administrator has set.
 */
export function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    throw new Error(
      `this program is started without permission to read the environment variable ${name}`,
      { cause },
    );
  }
}

/** A developer switch: packages do not let a program read it, and then it counts as unset. */
export function readSwitch(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/**
 * The factor on every pause, debounce and back-off: 1, unless the developer switch
 * `AZIOT_DEV_TIME_SCALE` says otherwise. Never applied to dates or token lifetimes.
 */
export function timeScale(): number {
  return scales().time;
}

/**
 * The factor on every timeout and deadline: the second number of `AZIOT_DEV_TIME_SCALE`, else its
 * only one. Apart from {@link timeScale}, because pauses can be cut short at will, and what somebody
 * else has to do in time takes as long as the machine needs for it.
 */
export function limitScale(): number {
  return scales().limit;
}

function scales(): { time: number; limit: number } {
  const value = readSwitch("AZIOT_DEV_TIME_SCALE");
  if (value === undefined) return { time: 1, limit: 1 };
  const [time = Number.NaN, limit = time, ...more] = value.split(",").map(factor);
  if (Number.isNaN(time + limit) || more.length > 0) {
    throw new Error(
      "AZIOT_DEV_TIME_SCALE must be a number above 0 and up to 1000, or two with a comma between " +
        `them, not "${value}"`,
    );
  }
  return { time, limit };
}

/** NaN for what is no factor. */
function factor(text: string): number {
  const number = Number(text);
  return text.trim() !== "" && number > 0 && number <= 1000 ? number : Number.NaN;
}

/** Whether the developer switch `AZIOT_DEV_ENDPOINTS` lets `[endpoints]` of a service count. */
export function endpointsAreConfigurable(): boolean {
  return readSwitch("AZIOT_DEV_ENDPOINTS") === "1";
}
