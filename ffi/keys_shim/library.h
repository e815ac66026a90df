/* SPDX-License-Identifier: MIT */

#ifndef LIBRARY_H
#define LIBRARY_H

#include "aziot-keys.h"

/* The functions of the loaded keys library, whatever the layout of its list: what it lacks is
 * NULL. */
extern AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 library;

#endif
