/* SPDX-License-Identifier: MIT */

/*
 * The C library's functions as the process sees them while the adapter is preloaded. Whatever is
 * neither an adopted listener nor a connection accepted from one passes through untouched.
 */

/* Fortified headers define some of these functions inline, which clang does not let us redo. */
#undef _FORTIFY_SOURCE

#include "accept.h"
#include "deadlines.h"
#include "export.h"
#include "listeners.h"
#include "real.h"
#include "release.h"

#include <errno.h>
#include <unistd.h>

/*
 * Where the kernel refuses IPv6 (switched off, or RestrictAddressFamilies=AF_UNIX) Deno still asks
 * for an IPv6 socket to bind our name to. It gets a unix socket, which bind() replaces; any other
 * use of it fails, as it would have without us.
 */
EXPORT int socket(int domain, int type, int protocol)
{
    int fd = real()->socket(domain, type, protocol);
    int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 || errno != EAFNOSUPPORT || domain != AF_INET6 || kind != SOCK_STREAM)
        return fd;

    fd = real()->socket(AF_UNIX, type, 0);
    if (fd >= 0) {
        slots_lock();
        release_descriptor(fd);
        bool entered = slot_enter(fd, SLOT_PLACEHOLDER);
        slots_unlock();
        if (entered)
            return fd;
        real()->close(fd);
    }
    errno = EAFNOSUPPORT;
    return -1;
}

EXPORT int bind(int fd, const struct sockaddr *name, socklen_t length)
{
    int wanted = identity_wanted(name, length);
    if (wanted < 0) {
        if (slot_confirmed(fd, SLOT_PLACEHOLDER) == NULL)
            return real()->bind(fd, name, length);
        errno = EAFNOSUPPORT;
        return -1;
    }
    slots_lock();
    bool adopted = listener_adopt(fd, wanted);
    slots_unlock();
    if (adopted)
        return 0;
    errno = EADDRNOTAVAIL;
    return -1;
}

EXPORT int listen(int fd, int backlog)
{
    return slot_confirmed(fd, SLOT_LISTENER) != NULL ? 0 : real()->listen(fd, backlog);
}

EXPORT int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    if (slot_confirmed(fd, SLOT_LISTENER) == NULL)
        return real()->accept4(fd, address, length, flags);
    return accept_caller(fd, address, length, flags);
}

EXPORT int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    const struct slot *slot = slot_confirmed(fd, SLOT_LISTENER);
    if (slot == NULL)
        slot = slot_confirmed(fd, SLOT_CONNECTION);
    if (slot == NULL)
        return real()->getsockname(fd, address, length);
    struct sockaddr_in6 name = identity_of_listener(slot->descriptor);
    identity_give(&name, address, length);
    return 0;
}

EXPORT int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    const struct slot *slot = slot_confirmed(fd, SLOT_CONNECTION);
    if (slot == NULL)
        return real()->getpeername(fd, address, length);
    struct sockaddr_in6 name = identity_of_peer(&slot->peer, slot->number);
    identity_give(&name, address, length);
    return 0;
}

EXPORT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    ssize_t received = real()->recv(fd, buffer, size, flags);
    struct slot *slot;
    if (received > 0 && (slot = slot_at(fd, SLOT_CONNECTION)) != NULL)
        clock_received(slot);
    return received;
}

EXPORT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    ssize_t sent = real()->send(fd, buffer, size, flags);
    struct slot *slot;
    if (sent > 0 && (slot = slot_at(fd, SLOT_CONNECTION)) != NULL)
        clock_sent(slot, (size_t)sent);
    return sent;
}

EXPORT ssize_t writev(int fd, const struct iovec *vectors, int count)
{
    ssize_t sent = real()->writev(fd, vectors, count);
    struct slot *slot;
    if (sent > 0 && (slot = slot_at(fd, SLOT_CONNECTION)) != NULL)
        clock_sent(slot, (size_t)sent);
    return sent;
}

/*
 * Deno ends a connection with two calls, this one and close(). A caller whose request comes in just
 * then must learn by a reset that nobody has read it; between the two calls it would read a clean
 * end, upon which clients in the field wait for ever. So close() alone ends a connection.
 */
EXPORT int shutdown(int fd, int how)
{
    if (how == SHUT_WR && slot_confirmed(fd, SLOT_CONNECTION) != NULL)
        return 0;
    return real()->shutdown(fd, how);
}

EXPORT int close(int fd)
{
    if (slot_in_range(fd) && slot_kind(&slots[fd]) != SLOT_FREE) {
        slots_lock();
        release_descriptor(fd);
        slots_unlock();
    }
    return real()->close(fd);
}

EXPORT int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    int result = real()->epoll_ctl(epoll, operation, fd, event);
    if (result == 0 && slot_at(fd, SLOT_LISTENER) != NULL) {
        struct watch watch = {.epoll = epoll};
        if (event != NULL)
            watch.event = *event;
        slots_lock();
        struct slot *slot = slot_at(fd, SLOT_LISTENER);
        if (slot != NULL)
            listener_watch(slot->listener, operation, watch);
        slots_unlock();
    }
    return result;
}
