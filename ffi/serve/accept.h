/* SPDX-License-Identifier: MIT */

/* Taking callers from an adopted listener. */

#ifndef SERVE_ACCEPT_H
#define SERVE_ACCEPT_H

#include "slots.h"

/*
 * accept4() on the adopted listener `fd`: the next caller within the limits, with its identity as
 * address. Those beyond are closed without a byte. The only error it reports is EAGAIN, since
 * Deno.serve ends the whole server on any other.
 */
int accept_caller(int fd, struct sockaddr *address, socklen_t *length, int flags);

#endif
