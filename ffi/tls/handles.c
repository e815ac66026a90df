/* SPDX-License-Identifier: MIT */
#include "handles.h"

#include <stdatomic.h>
#include <stddef.h>

/* A handle is serial << SLOT_BITS | slot. */
#define SLOT_BITS 10U
#define SLOTS (1U << SLOT_BITS)
#define SERIALS (1U << (32U - SLOT_BITS))

struct slot {
    void *object;
    uint32_t handle;
    enum handle_kind kind;
};

/* One table a thread: a paused signature must be resumed by the thread that started it, so another
 * thread's handle is as unusable as a freed one, and no lock is needed. */
static _Thread_local struct slot slots[SLOTS];

/* Shared by all threads, so that a handle of one means nothing in another. */
static atomic_uint last_serial;

static uint32_t next_serial(void)
{
    uint32_t serial;

    do {
        serial = (atomic_fetch_add(&last_serial, 1U) + 1U) % SERIALS;
    } while (serial == 0);
    return serial;
}

uint32_t handle_add(enum handle_kind kind, void *object)
{
    uint32_t slot = 0;

    while (slot < SLOTS && slots[slot].kind != HANDLE_FREE)
        slot++;
    if (slot == SLOTS)
        return 0;
    slots[slot].object = object;
    slots[slot].kind = kind;
    slots[slot].handle = next_serial() << SLOT_BITS | slot;
    return slots[slot].handle;
}

static struct slot *slot_of(uint32_t handle, enum handle_kind kind)
{
    struct slot *slot = &slots[handle % SLOTS];

    return slot->kind == kind && slot->handle == handle ? slot : NULL;
}

void *handle_find(uint32_t handle, enum handle_kind kind)
{
    struct slot *slot = slot_of(handle, kind);

    return slot ? slot->object : NULL;
}

void *handle_take(uint32_t handle, enum handle_kind kind)
{
    struct slot *slot = slot_of(handle, kind);
    void *object;

    if (!slot)
        return NULL;
    object = slot->object;
    slot->object = NULL;
    slot->handle = 0;
    slot->kind = HANDLE_FREE;
    return object;
}
