/* SPDX-License-Identifier: MIT */

#include "text.h"

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* Length of the character that starts here, 0 when it is malformed. The NUL at the end is no
 * continuation byte, so a character that is cut off is noticed. */
static unsigned int character_size(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        return is_continuation(at[1]) ? 2 : 0;
    if (at[0] >= 0xe0 && at[0] <= 0xef) {
        unsigned char low = at[0] == 0xe0 ? 0xa0 : 0x80;
        unsigned char high = at[0] == 0xed ? 0x9f : 0xbf;
        if (at[1] < low || at[1] > high)
            return 0;
        return is_continuation(at[2]) ? 3 : 0;
    }
    if (at[0] >= 0xf0 && at[0] <= 0xf4) {
        unsigned char low = at[0] == 0xf0 ? 0x90 : 0x80;
        unsigned char high = at[0] == 0xf4 ? 0x8f : 0xbf;
        if (at[1] < low || at[1] > high)
            return 0;
        return is_continuation(at[2]) && is_continuation(at[3]) ? 4 : 0;
    }
    return 0;
}

bool text_is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at != 0) {
        unsigned int size = character_size(at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}
