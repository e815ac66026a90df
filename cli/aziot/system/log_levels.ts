// SPDX-License-Identifier: MIT

/** What the services can be told to log. */
export const LOG_LEVELS = ["error", "warn", "info", "debug", "trace"] as const;
