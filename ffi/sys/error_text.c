/* SPDX-License-Identifier: MIT */

#include "aziot-sys.h"

#include <string.h>

int32_t aziot_sys_error_text(int32_t error, uint8_t *out, uint32_t capacity)
{
    char buffer[128];
    const char *text = strerror_r(error, buffer, sizeof buffer);
    size_t length = strlen(text);
    if (out == NULL)
        return 0;
    if (length > capacity)
        length = capacity;
    memcpy(out, text, length);
    return (int32_t)length;
}
