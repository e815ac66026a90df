/* SPDX-License-Identifier: MIT */

/* The C library's own socket calls, which the adapter stands in front of. */

#ifndef SERVE_REAL_H
#define SERVE_REAL_H

#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

struct real_calls {
    int (*socket)(int domain, int type, int protocol);
    int (*bind)(int fd, const struct sockaddr *address, socklen_t length);
    int (*listen)(int fd, int backlog);
    int (*accept4)(int fd, struct sockaddr *address, socklen_t *length, int flags);
    int (*getsockname)(int fd, struct sockaddr *address, socklen_t *length);
    int (*getpeername)(int fd, struct sockaddr *address, socklen_t *length);
    ssize_t (*recv)(int fd, void *buffer, size_t size, int flags);
    ssize_t (*send)(int fd, const void *buffer, size_t size, int flags);
    ssize_t (*writev)(int fd, const struct iovec *vectors, int count);
    int (*shutdown)(int fd, int how);
    int (*close)(int fd);
    int (*epoll_ctl)(int epoll, int operation, int fd, struct epoll_event *event);
};

extern struct real_calls real_calls;
extern atomic_bool real_resolved;

/* Looks the calls up, once; ends the process if the C library lacks one. */
void real_resolve(void);

/* The calls, looked up by the constructor or, when another constructor was first, by this. */
static inline const struct real_calls *real(void)
{
    if (!atomic_load_explicit(&real_resolved, memory_order_acquire))
        real_resolve();
    return &real_calls;
}

#endif
