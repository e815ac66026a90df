/* SPDX-License-Identifier: MIT */

#include "listeners.h"

#include "real.h"
#include "release.h"
#include "spare.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>

static struct listener listeners[LISTENERS];
static int open_count;
static int ceiling;

static struct listener *unused_entry(void)
{
    for (size_t i = 0; i < LISTENERS; i++) {
        if (!listeners[i].used)
            return &listeners[i];
    }
    return NULL;
}

static int option(int fd, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

static bool is_listening_unix_socket(int fd)
{
    return option(fd, SO_DOMAIN) == AF_UNIX && option(fd, SO_TYPE) == SOCK_STREAM &&
           option(fd, SO_ACCEPTCONN) == 1;
}

/* Served already, under this number or as a connection. */
static bool is_ours(int fd)
{
    return slot_confirmed(fd, SLOT_LISTENER) != NULL || slot_confirmed(fd, SLOT_CONNECTION) != NULL;
}

/* A quarter of what the process may open stays its own, 256 at most. */
static int descriptors_for_callers(void)
{
    struct rlimit limit;
    rlim_t most = SERVE_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most)
        most = limit.rlim_cur;
    rlim_t own = most / 4 < 256 ? most / 4 : 256;
    return (int)(most - own);
}

bool listener_adopt(int fd, int wanted)
{
    struct listener *listener = unused_entry();
    if (listener == NULL || wanted < 3 || wanted == fd || !slot_in_range(fd))
        return false;
    if (!is_listening_unix_socket(wanted) || is_ours(wanted))
        return false;

    int status = fcntl(wanted, F_GETFL);
    if (status < 0 || fcntl(wanted, F_SETFL, status | O_NONBLOCK) != 0)
        return false;
    struct limits limits = {.all = INT_MAX, .per_uid = INT_MAX};
    struct slot *noted = slot_confirmed(wanted, SLOT_LIMITS);
    if (noted != NULL)
        limits = noted->limits;
    /* Before `wanted` is closed: its number is left to whoever makes the next listener. */
    spare_keep();
    if (dup3(wanted, fd, O_CLOEXEC) < 0)
        return false;
    release_descriptor(wanted);
    real()->close(wanted);

    *listener = (struct listener){
        .used = true,
        .open = true,
        .watch = {.epoll = -1},
        .fd = fd,
        .descriptor = (uint16_t)wanted,
        .limits = limits,
    };
    release_descriptor(fd);
    slot_enter(fd, SLOT_LISTENER);
    slots[fd].listener = listener;
    slots[fd].descriptor = listener->descriptor;
    open_count++;
    ceiling = descriptors_for_callers();
    return true;
}

bool listener_limit(int descriptor, struct limits limits)
{
    if (limits.all < 0 || limits.per_uid < 0 || is_ours(descriptor))
        return false;
    release_descriptor(descriptor);
    if (!slot_enter(descriptor, SLOT_LIMITS))
        return false;
    slots[descriptor].limits = limits;
    return true;
}

void listener_watch(struct listener *listener, int operation, struct watch watch)
{
    if (operation != EPOLL_CTL_DEL)
        listener->watch = watch;
    else if (listener->watch.epoll == watch.epoll)
        listener->watch.epoll = -1;
}

bool listener_announce(const struct listener *listener)
{
    /* Modifying a registration, also to what it is, looks at the socket anew. */
    struct epoll_event event = listener->watch.event;
    return listener->open && listener->watch.epoll >= 0 &&
           real()->epoll_ctl(listener->watch.epoll, EPOLL_CTL_MOD, listener->fd, &event) == 0;
}

void listeners_announce_stalled(void)
{
    for (struct listener *listener = NULL; (listener = listener_next(listener)) != NULL;) {
        if (listener->stalled)
            listener_announce(listener);
    }
}

void listener_forget(struct slot *slot)
{
    struct listener *listener = slot->listener;
    listener->open = false;
    open_count--;
    listener_unused(listener);
    slot_clear(slot);
}

void listener_unused(struct listener *listener)
{
    if (!listener->open && listener->count == 0)
        listener->used = false;
}

int listener_count(void)
{
    return open_count;
}

struct listener *listener_next(const struct listener *listener)
{
    for (size_t i = listener == NULL ? 0 : (size_t)(listener - listeners) + 1; i < LISTENERS; i++) {
        if (listeners[i].used)
            return &listeners[i];
    }
    return NULL;
}

int listener_ceiling(void)
{
    return ceiling;
}
