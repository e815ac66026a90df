/* SPDX-License-Identifier: MIT */

/*
 * Keys libraries that a service must not run with: one that knows none of the service's versions,
 * and, with BROKEN_POINTER, one whose list lacks its functions.
 */

#include <stddef.h>

#include "aziot-keys.h"

#define EXPORTED __attribute__((visibility("default")))

#ifdef BROKEN_POINTER
static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 list = {
    .base = {.version = AZIOT_KEYS_VERSION_2_1_0_0},
};
#endif

EXPORTED AZIOT_KEYS_RC aziot_keys_get_function_list(AZIOT_KEYS_VERSION version,
                                                    const AZIOT_KEYS_FUNCTION_LIST **functions)
{
#ifdef BROKEN_POINTER
    if (version == AZIOT_KEYS_VERSION_2_1_0_0 && functions != NULL) {
        *functions = &list.base;
        return AZIOT_KEYS_RC_OK;
    }
#else
    (void)version;
    (void)functions;
#endif
    return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
}
