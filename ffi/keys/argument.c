/* SPDX-License-Identifier: MIT */

#include "argument.h"

#include <limits.h>
#include <stddef.h>

#include "fault.h"
#include "text.h"

static bool has_sane_size(const char *name, uintptr_t size)
{
    /* libcrypto counts in int. */
    if (size > INT_MAX) {
        fault_invalid(name, "longer than 2147483647 bytes");
        return false;
    }
    return true;
}

bool argument_text(const char *name, const char *text)
{
    if (!argument_pointer(name, text))
        return false;
    if (!text_is_utf8(text)) {
        fault_invalid(name, "not valid UTF-8");
        return false;
    }
    return true;
}

bool argument_bytes(const char *name, const void *bytes, uintptr_t size)
{
    return argument_pointer(name, bytes) && has_sane_size(name, size);
}

bool argument_optional_bytes(const char *name, const void *bytes, uintptr_t size)
{
    return (size == 0 || argument_pointer(name, bytes)) && has_sane_size(name, size);
}

bool argument_pointer(const char *name, const void *pointer)
{
    if (pointer == NULL) {
        fault_invalid(name, "expected non-NULL");
        return false;
    }
    return true;
}
