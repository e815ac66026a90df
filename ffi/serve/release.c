/* SPDX-License-Identifier: MIT */

#include "release.h"

#include "connections.h"
#include "listeners.h"

void release_descriptor(int fd)
{
    if (!slot_in_range(fd))
        return;
    struct slot *slot = &slots[fd];
    switch (slot_kind(slot)) {
    case SLOT_CONNECTION:
        connection_forget(slot);
        break;
    case SLOT_LISTENER:
        listener_forget(slot);
        break;
    case SLOT_LIMITS:
    case SLOT_PLACEHOLDER:
        slot_clear(slot);
        break;
    case SLOT_FREE:
        break;
    }
}
