/* SPDX-License-Identifier: MIT */

#ifndef REFUSAL_H
#define REFUSAL_H

#include "fault.h"

/* What was being done to a path. */
enum refusal_access {
    REFUSAL_READ,
    /* Its content was to be changed, in place or by putting another file there. */
    REFUSAL_WRITE,
    /* Its name was to be changed or removed, which is up to the directory. */
    REFUSAL_NAME,
};

/* "WHAT: text of the errno value", and for EACCES also who was refused and by which component of
 * the path. */
void refusal_reason(struct reason *reason, const char *what, int error, const char *path,
                    enum refusal_access access);

#endif
