/* SPDX-License-Identifier: MIT */

#ifndef SERVE_EXPORT_H
#define SERVE_EXPORT_H

/* The library is built with hidden symbols; what the process or Deno's FFI shall find says so. */
#define EXPORT __attribute__((visibility("default")))

#endif
