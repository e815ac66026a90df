/* SPDX-License-Identifier: MIT */

/* Forgetting what is known of a descriptor. */

#ifndef SERVE_RELEASE_H
#define SERVE_RELEASE_H

/* `fd` is about to be closed, or its number is known to mean something else now. Under the lock. */
void release_descriptor(int fd);

#endif
