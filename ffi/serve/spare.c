/* SPDX-License-Identifier: MIT */

#include "spare.h"

#include "real.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* `model` is never closed: what the spare is copied from. */
static int model = -1;
static int spare = -1;

void spare_keep(void)
{
    if (model < 0)
        model = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (model >= 0 && spare < 0)
        spare = fcntl(model, F_DUPFD_CLOEXEC, 3);
}

enum spare_outcome spare_turn_away(int fd, struct peer *peer, bool *known)
{
    spare_keep();
    if (spare < 0)
        return SPARE_FAILED;
    real()->close(spare);
    spare = -1;

    int caller = real()->accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (caller < 0) {
        bool nobody = errno == EAGAIN;
        spare_keep();
        return nobody ? SPARE_NOBODY : SPARE_FAILED;
    }
    *known = identity_read(caller, peer);
    /* Closes the caller's socket and holds its number in one step: no other thread can get it. */
    if (dup3(model, caller, O_CLOEXEC) == caller)
        spare = caller;
    else
        real()->close(caller);
    return SPARE_TURNED_AWAY;
}
