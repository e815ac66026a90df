/* SPDX-License-Identifier: MIT */

/*
 * What TypeScript calls by FFI, in the same library that is preloaded: integers and caller-owned
 * memory only. `connection` is the port of a caller's address, 1..65535. Every function may be
 * called from any thread.
 */

#ifndef SERVE_CONTROL_H
#define SERVE_CONTROL_H

#include "export.h"

#include <stdint.h>

/* How many adopted listeners are open. 0 tells that the library is not preloaded. */
EXPORT int32_t aziot_serve_adopted(void);

/*
 * The limits of the listener that `descriptor` becomes when it is adopted next: connections open
 * at a time in all, and of one uid. 0 refuses everybody. Without this call only the descriptors of
 * the process are a limit. Returns 0, or -1 when an argument is out of range or the descriptor is
 * not open or adopted already.
 */
EXPORT int32_t aziot_serve_limits(int32_t descriptor, int32_t all, int32_t per_uid);

/*
 * A request has entered its handler (+1) or its answer is out (-1). Returns how many requests of
 * the connection are in a handler now, -1 for a number out of range. Lock-free.
 */
EXPORT int32_t aziot_serve_busy(int32_t connection, int32_t delta);

/* Ends a connection in both directions. Returns 0, or -1 when it is not open. */
EXPORT int32_t aziot_serve_shut(int32_t connection);

/*
 * Shuts the connections that have had no request for more than `idle_seconds` after an answer, or
 * whose head is not complete after more than `head_seconds`; to be called every few seconds. One
 * that comes more than half of `head_seconds` after the one before shuts nobody. Returns how many
 * were shut, -1 for seconds that are negative or no number.
 */
EXPORT int32_t aziot_serve_sweep(double idle_seconds, double head_seconds);

/*
 * Writes one group of callers turned away since it was last asked for: uid, reason (see
 * refusals.h) and count, 32 bits each. Returns 1, or 0 when there is none left.
 */
EXPORT int32_t aziot_serve_refused(uint8_t out[12]);

/* Bytes sent on a connection so far, -1 when it is not open. */
EXPORT int64_t aziot_serve_sent(int32_t connection);

#endif
