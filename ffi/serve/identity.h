/* SPDX-License-Identifier: MIT */

/*
 * Who is calling, and how Deno is told: as an IPv6 address of a prefix that no network uses.
 * A caller is fdac:5d5d:PID:PID:UID:UID:GID:GID with its connection number as port; a listener is
 * fdac:5d5d:: with the number of the descriptor that was adopted.
 */

#ifndef SERVE_IDENTITY_H
#define SERVE_IDENTITY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct peer {
    uint32_t pid; /* 0: outside our pid namespace */
    uint32_t uid;
    uint32_t gid;
};

/* What stands for a uid that could not be read; the kernel's own "nobody known". */
#define UID_UNKNOWN UINT32_MAX

/* Reads who connected, as the kernel noted it at connect; false when it does not say. */
bool identity_read(int fd, struct peer *peer);

/* The address that carries a caller's identity and connection number. */
struct sockaddr_in6 identity_of_peer(const struct peer *peer, uint16_t number);

/* The address of a listener that was adopted as `descriptor`. */
struct sockaddr_in6 identity_of_listener(uint16_t descriptor);

/* The descriptor that a name passed to bind() asks for, or -1 for any other name. */
int identity_wanted(const struct sockaddr *name, socklen_t length);

/* Hands an address out as accept() and its kin do: cut to the caller's room, true length told. */
void identity_give(const struct sockaddr_in6 *name, struct sockaddr *address, socklen_t *length);

#endif
