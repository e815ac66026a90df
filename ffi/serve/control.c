/* SPDX-License-Identifier: MIT */

#include "control.h"

#include "connections.h"
#include "deadlines.h"
#include "listeners.h"
#include "refusals.h"

#include <string.h>

/* More than a year: what is above means never. */
#define LONGEST_SECONDS 4e7

static struct slot *open_connection(int32_t connection)
{
    return slot_at(number_fd(connection), SLOT_CONNECTION);
}

int32_t aziot_serve_adopted(void)
{
    slots_lock();
    int count = listener_count();
    slots_unlock();
    return count;
}

int32_t aziot_serve_limits(int32_t descriptor, int32_t all, int32_t per_uid)
{
    slots_lock();
    struct limits limits = {.all = all, .per_uid = per_uid};
    bool noted = listener_limit(descriptor, limits);
    slots_unlock();
    return noted ? 0 : -1;
}

int32_t aziot_serve_busy(int32_t connection, int32_t delta)
{
    if (connection <= 0 || connection >= NUMBERS || (delta != 1 && delta != -1))
        return -1;
    int32_t count = number_add_busy((uint16_t)connection, delta);
    if (count == 0) {
        struct slot *slot = open_connection(connection);
        if (slot != NULL)
            clock_set(slot, PHASE_IDLE);
    }
    return count;
}

int32_t aziot_serve_shut(int32_t connection)
{
    slots_lock();
    struct slot *slot = open_connection(connection);
    bool shut = slot != NULL && connection_shut(slot);
    slots_unlock();
    return shut ? 0 : -1;
}

int32_t aziot_serve_sweep(double idle_seconds, double head_seconds)
{
    /* Written so that NaN fails, too. */
    if (!(idle_seconds >= 0 && head_seconds >= 0))
        return -1;
    double idle = idle_seconds < LONGEST_SECONDS ? idle_seconds : LONGEST_SECONDS;
    double head = head_seconds < LONGEST_SECONDS ? head_seconds : LONGEST_SECONDS;

    slots_lock();
    int shut = deadline_sweep((int64_t)(idle * 1000), (int64_t)(head * 1000));
    listeners_announce_stalled();
    slots_unlock();
    return shut;
}

int32_t aziot_serve_refused(uint8_t out[12])
{
    if (out == NULL)
        return 0;
    struct refusal refusal;
    slots_lock();
    bool taken = refusal_take(&refusal);
    slots_unlock();
    if (!taken)
        return 0;
    memcpy(out, &refusal, sizeof refusal);
    return 1;
}

int64_t aziot_serve_sent(int32_t connection)
{
    struct slot *slot = open_connection(connection);
    return slot == NULL ? -1 : (int64_t)atomic_load_explicit(&slot->sent, memory_order_relaxed);
}
