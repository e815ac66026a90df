// SPDX-License-Identifier: MIT

import type { Context } from "./context.ts";
import type { Finding, Json } from "./outcome.ts";

/** One thing that can be wrong with a device. */
export interface Check {
  /** By which people leave it out and programs know it. */
  id: string;
  description: string;
  /** What the JSON output tells of it while nothing is known. */
  info?: { [key: string]: Json };
  /** Looks. What it throws is an error of the check. */
  run(context: Context): Promise<Finding>;
}

/** Checks that are shown together. */
export interface Section {
  name: string;
  checks: readonly Check[];
}
