/* SPDX-License-Identifier: MIT */

/* Connections accepted from adopted listeners. All functions: under the lock. */

#ifndef SERVE_CONNECTIONS_H
#define SERVE_CONNECTIONS_H

#include "slots.h"

/* Enters an accepted connection and gives it a number; NULL when there is no room for it. */
struct slot *connection_open(int fd, struct listener *listener, const struct peer *peer);

/*
 * Ends both directions; whoever serves it reads the end and closes it. Unless a request of it is
 * still in a handler it no longer counts against any limit. False when the descriptor turns out
 * to be another socket by now; then it is forgotten.
 */
bool connection_shut(struct slot *slot);

/*
 * The same for a connection that waits for nothing. A request that comes in at this very moment is
 * still read and answered, or reset if it comes later: a caller must not take the end of the
 * connection for an answer. Only one whose caller has not taken its last answer is cut off.
 */
bool connection_retire(struct slot *slot);

/* Its descriptor is being closed. */
void connection_forget(struct slot *slot);

#endif
