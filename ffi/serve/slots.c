/* SPDX-License-Identifier: MIT */

#include "slots.h"

#include <pthread.h>
#include <sys/stat.h>

struct slot slots[SERVE_DESCRIPTORS];

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void slots_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void slots_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

void slots_survive_fork(void)
{
    pthread_atfork(slots_lock, slots_unlock, slots_unlock);
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

struct slot *slot_confirmed(int fd, enum slot_kind kind)
{
    struct slot *slot = slot_at(fd, kind);
    return slot != NULL && slot->inode == inode_of(fd) ? slot : NULL;
}

bool slot_enter(int fd, enum slot_kind kind)
{
    if (!slot_in_range(fd))
        return false;
    struct slot *slot = &slots[fd];
    slot->inode = inode_of(fd);
    if (slot->inode == 0)
        return false;
    slot->counted = false;
    slot->listener = NULL;
    atomic_store_explicit(&slot->kind, kind, memory_order_release);
    return true;
}

void slot_clear(struct slot *slot)
{
    atomic_store_explicit(&slot->kind, SLOT_FREE, memory_order_release);
}
