/* SPDX-License-Identifier: MIT */

#include "token_uri.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "percent.h"
#include "text.h"

/* What has been seen so far. */
struct seen {
    bool has_place;
};

static bool is_number(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    strtoul(text, &end, 10);
    return errno == 0 && *end == '\0';
}

/* Judges one attribute; name and value are decoded. */
static const char *judge(const char *name, const char *value, bool is_query, struct seen *seen)
{
    bool is_slot = !is_query && strcmp(name, "slot-id") == 0;
    bool is_token = !is_query && strcmp(name, "token") == 0;
    bool is_object = !is_query && strcmp(name, "object") == 0;
    bool is_pin = is_query && strcmp(name, "pin-value") == 0;
    if (!is_slot && !is_token && !is_object && !is_pin)
        return NULL;
    /* The value itself may be a PIN: it is not repeated. */
    if (!text_is_utf8(value))
        return is_pin ? "pin-value is not valid UTF-8" : "an attribute is not valid UTF-8";
    if (is_slot && !is_number(value))
        return "slot-id is not a number";
    seen->has_place = seen->has_place || is_slot || is_token;
    return NULL;
}

static const char *judge_attribute(const char *text, size_t size, bool is_query, struct seen *seen)
{
    const char *equals = memchr(text, '=', size);
    size_t name_size = equals == NULL ? size : (size_t)(equals - text);
    size_t value_size = equals == NULL ? 0 : size - name_size - 1;
    char *decoded = malloc(size + 2);
    if (decoded == NULL)
        return "out of memory";
    char *name = decoded;
    name_size = percent_decode(text, name_size, name);
    name[name_size] = '\0';
    char *value = name + name_size + 1;
    value_size = equals == NULL ? 0 : percent_decode(equals + 1, value_size, value);
    value[value_size] = '\0';
    const char *fault = judge(name, value, is_query, seen);
    OPENSSL_cleanse(decoded, size + 2);
    free(decoded);
    return fault;
}

const char *token_uri_fault(const char *after_scheme)
{
    struct seen seen = {false};
    bool is_query = false;
    for (const char *at = after_scheme;; at++) {
        size_t size = strcspn(at, is_query ? "&" : ";?");
        const char *fault = judge_attribute(at, size, is_query, &seen);
        if (fault != NULL)
            return fault;
        at += size;
        if (*at == '\0')
            break;
        if (*at == '?')
            is_query = true;
    }
    return seen.has_place ? NULL : "URI has neither slot-id nor token";
}
