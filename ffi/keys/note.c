/* SPDX-License-Identifier: MIT */

#include <stdint.h>

#include "aziot-keys.h"

/* The ELF note that allows calls to overlap: nothing here is shared without a lock. */
struct note {
    uint32_t name_size;
    uint32_t description_size;
    uint32_t type;
    char name[12];
    uint32_t description;
};

_Static_assert(sizeof AZIOT_KEYS_NOTE_NAME <= 12, "the name is padded to a multiple of four bytes");

__attribute__((section(".note.aziot-keys"), used, aligned(4))) static const struct note overlap = {
    .name_size = sizeof AZIOT_KEYS_NOTE_NAME,
    .description_size = sizeof overlap.description,
    .type = AZIOT_KEYS_NOTE_TYPE_OVERLAP,
    .name = AZIOT_KEYS_NOTE_NAME,
    .description = 1,
};
