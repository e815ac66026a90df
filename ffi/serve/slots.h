/* SPDX-License-Identifier: MIT */

/*
 * What the adapter knows of each descriptor, by its number. Almost every descriptor of the process
 * is free here, that is none of ours; the question costs one load, since recv, send, writev and
 * close of the whole process ask it.
 *
 * `kind`, `clock` and `sent` are read and written without the lock. Everything else is touched
 * under the lock only.
 */

#ifndef SERVE_SLOTS_H
#define SERVE_SLOTS_H

#include "identity.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/* Descriptors beyond the table are passed through; a caller who would get one is turned away. */
#ifndef SERVE_DESCRIPTORS
#define SERVE_DESCRIPTORS 65536
#endif

enum slot_kind {
    SLOT_FREE,        /* none of ours */
    SLOT_LIMITS,      /* not adopted yet; the limits its listener will have */
    SLOT_PLACEHOLDER, /* a unix socket given for an IPv6 one that the kernel refused */
    SLOT_LISTENER,
    SLOT_CONNECTION,
};

struct limits {
    int all;     /* connections open at a time */
    int per_uid; /* of these, of one uid */
};

/* Where an event loop has asked to be told of callers. */
struct watch {
    int epoll; /* -1: nowhere that we know of */
    struct epoll_event event;
};

struct listener {
    bool used;
    bool open;           /* false: closed, but connections of its are still open */
    bool stalled;        /* callers may be queued whose event was used up by an error */
    struct watch watch;
    int fd;              /* valid while open */
    uint16_t descriptor; /* the number it had before it was adopted, its port for Deno */
    struct limits limits;
    int count;          /* connections in the list */
    struct slot *first; /* connections that count, newest first */
};

struct slot {
    _Atomic uint8_t kind;     /* enum slot_kind */
    bool counted;             /* connection: in its listener's list */
    uint16_t number;          /* connection: 1..65535 */
    uint16_t descriptor;      /* listener and connection: the port Deno knows the listener by */
    _Atomic int64_t clock;    /* connection: see deadlines.h */
    _Atomic uint64_t sent;    /* connection: bytes */
    uint64_t inode;           /* the socket that this entry speaks of */
    struct listener *listener; /* listener and connection */
    struct peer peer;         /* connection */
    struct limits limits;     /* SLOT_LIMITS */
    struct slot *next;
    struct slot *previous;
};

extern struct slot slots[SERVE_DESCRIPTORS];

void slots_lock(void);
void slots_unlock(void);

/* Makes fork() take the lock, so that a child does not inherit it held by a thread it lacks. */
void slots_survive_fork(void);

static inline bool slot_in_range(int fd)
{
    return fd >= 0 && fd < SERVE_DESCRIPTORS;
}

static inline int slot_fd(const struct slot *slot)
{
    return (int)(slot - slots);
}

static inline enum slot_kind slot_kind(const struct slot *slot)
{
    return atomic_load_explicit(&slot->kind, memory_order_acquire);
}

/* The entry of `fd` if it is of this kind, without asking the kernel: for clocks and counters. */
static inline struct slot *slot_at(int fd, enum slot_kind kind)
{
    return slot_in_range(fd) && slot_kind(&slots[fd]) == kind ? &slots[fd] : NULL;
}

/*
 * The same, and the kernel confirms that `fd` is still the socket that was entered: for everything
 * that acts on the socket or speaks for it. A descriptor can be closed behind our back (a direct
 * system call, dup2 over it) and its number be used again.
 */
struct slot *slot_confirmed(int fd, enum slot_kind kind);

/*
 * Enters `fd`, which release_descriptor() has made free, as `kind`; false when the table has no
 * room for it or it is no open descriptor.
 */
bool slot_enter(int fd, enum slot_kind kind);

void slot_clear(struct slot *slot);

#endif
