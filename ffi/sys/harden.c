/* SPDX-License-Identifier: MIT */

#include "aziot-sys.h"

#include <errno.h>
#include <sys/prctl.h>

int32_t aziot_sys_harden(void)
{
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -errno;
    return 0;
}
