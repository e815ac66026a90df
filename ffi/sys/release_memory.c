/* SPDX-License-Identifier: MIT */

#include "aziot-sys.h"

#include <malloc.h>

int32_t aziot_sys_release_memory(void)
{
    return malloc_trim(0);
}
