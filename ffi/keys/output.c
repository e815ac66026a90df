/* SPDX-License-Identifier: MIT */

#include "output.h"

#include <string.h>

#include "aziot-keys.h"
#include "fault.h"

bool output_is_query(const struct output *output)
{
    return output->buffer == NULL;
}

unsigned int output_claim(const struct output *output, size_t size)
{
    uintptr_t room = *output->size;
    *output->size = size;
    if (!output_is_query(output) && room < size)
        return fault_invalid(output->name, "insufficient size");
    return AZIOT_KEYS_RC_OK;
}

unsigned int output_bytes(const struct output *output, const void *bytes, size_t size)
{
    unsigned int code = output_claim(output, size);
    if (code == AZIOT_KEYS_RC_OK && !output_is_query(output) && size > 0)
        memcpy(output->buffer, bytes, size);
    return code;
}
