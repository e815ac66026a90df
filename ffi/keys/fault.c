/* SPDX-License-Identifier: MIT */

#include "fault.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aziot-keys.h"
#include "log.h"

void reason_set(struct reason *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
}

void reason_errno(struct reason *reason, const char *what, int error)
{
    char buffer[128];
    const char *text = error == ENOSPC   ? "no space left on the device"
                       : error == EDQUOT ? "no space left on the device (quota exceeded)"
                                         : strerror_r(error, buffer, sizeof buffer);
    reason_set(reason, "%s: %s", what, text);
}

void reason_openssl(struct reason *reason, const char *what)
{
    reason_set(reason, "%s", what);
    unsigned long code;
    const char *data;
    int flags;
    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        char text[256];
        ERR_error_string_n(code, text, sizeof text);
        size_t used = strlen(reason->text);
        snprintf(reason->text + used, sizeof reason->text - used, ": %s%s%s", text,
                 (flags & ERR_TXT_STRING) != 0 && *data != '\0' ? ", " : "",
                 (flags & ERR_TXT_STRING) != 0 ? data : "");
    }
}

unsigned int fault_invalid(const char *parameter, const char *format, ...)
{
    char text[REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_write(LOG_LEVEL_ERROR, "invalid parameter \"%s\": %s", parameter, text);
    return AZIOT_KEYS_RC_ERR_INVALID_PARAMETER;
}

unsigned int fault_external(const struct call *call, const char *place,
                            const struct reason *reason)
{
    return fault_external_text(call, place, reason->text);
}

unsigned int fault_external_text(const struct call *call, const char *place, const char *reason)
{
    if (place == NULL)
        log_write(LOG_LEVEL_ERROR, "%s: key \"%s\": %s", call->operation, call->id, reason);
    else
        log_write(LOG_LEVEL_ERROR, "%s: key \"%s\" in %s: %s", call->operation, call->id, place,
                  reason);
    return AZIOT_KEYS_RC_ERR_EXTERNAL;
}
