// SPDX-License-Identifier: MIT

/** The product's version: what every daemon logs at start and every `--version` prints. */
export const VERSION = "2.0.0";
