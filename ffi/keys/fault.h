/* SPDX-License-Identifier: MIT */

#ifndef FAULT_H
#define FAULT_H

#include <stddef.h>

/* What a call is about, for the records it leaves. */
struct call {
    /* As a record calls it: "sign". */
    const char *operation;
    const char *id;
    /* What the public header calls the id; NULL: "id". */
    const char *id_name;
};

/* Room for the longest reason: one that names a path. */
enum { REASON_SIZE = 4096 + 256 };

/* Why something failed, written where it was noticed and logged where the answer is decided. */
struct reason {
    char text[REASON_SIZE];
};

void reason_set(struct reason *reason, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "WHAT: text of the errno value"; a full disk reads the same everywhere in the product. */
void reason_errno(struct reason *reason, const char *what, int error);

/* "WHAT: everything on OpenSSL's error queue", which is empty afterwards. */
void reason_openssl(struct reason *reason, const char *what);

/* Logs an argument that is wrong and answers AZIOT_KEYS_RC_ERR_INVALID_PARAMETER. */
unsigned int fault_invalid(const char *parameter, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Logs operation, key id, place (a path, or NULL when there is none) and reason in one record and
 * answers AZIOT_KEYS_RC_ERR_EXTERNAL. */
unsigned int fault_external(const struct call *call, const char *place,
                            const struct reason *reason);

/* The same with a reason that needs no making. */
unsigned int fault_external_text(const struct call *call, const char *place, const char *reason);

#endif
