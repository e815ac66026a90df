/* SPDX-License-Identifier: MIT */

#include "check.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"

void expect(bool good, const char *format, ...)
{
    if (good)
        return;
    va_list arguments;
    va_start(arguments, format);
    runner_fail(format, arguments);
    va_end(arguments);
}

void use_home(void)
{
    EXPECT_CODE(keys.set_parameter("homedir_path", home), 0);
}

enum { PATH_SIZE = 4096 };

/* One of a few buffers, so that an expression can hold several paths. */
static char *next_buffer(void)
{
    static char buffers[8][PATH_SIZE];
    static unsigned int used;
    return buffers[used++ % 8];
}

const char *in_home(const char *name)
{
    char *path = next_buffer();
    snprintf(path, PATH_SIZE, "%s/%s", home, name);
    return path;
}

const char *key_path(const char *id)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *path = next_buffer();
    SHA256((const unsigned char *)id, strlen(id), digest);
    size_t used = (size_t)snprintf(path, PATH_SIZE, "%s/keys/", home);
    for (; *id != '\0'; id++)
        if ((*id >= '0' && *id <= '9') || (*id >= 'A' && *id <= 'Z') || (*id >= 'a' && *id <= 'z'))
            path[used++] = *id;
    path[used++] = '-';
    for (size_t i = 0; i < sizeof digest; i++)
        used += (size_t)snprintf(path + used, PATH_SIZE - used, "%02x", digest[i]);
    snprintf(path + used, PATH_SIZE - used, ".key");
    return path;
}

void preload(const char *id, const char *name)
{
    char parameter[512];
    char uri[4200];
    snprintf(parameter, sizeof parameter, "preloaded_key:%s", id);
    snprintf(uri, sizeof uri, "file://%s", in_home(name));
    EXPECT_CODE(keys.set_parameter(parameter, uri), 0);
}

void put_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    expect(file != NULL && fwrite(bytes, 1, size, file) == size, "cannot write %s", path);
    if (file != NULL)
        fclose(file);
}

void put_text(const char *path, const char *text)
{
    put_file(path, text, strlen(text));
}

long get_file(const char *path, unsigned char *bytes, size_t room)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return (long)size;
}

bool is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

unsigned int records_with(const char *text)
{
    static char records[1 << 20];
    fflush(stderr);
    long size = get_file(runner_record_path(), (unsigned char *)records, sizeof records - 1);
    unsigned int count = 0;
    records[size < 0 ? 0 : size] = '\0';
    char *rest = records;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        count += strstr(line, text) != NULL;
    return count;
}

size_t from_hex(const char *hex, unsigned char *out)
{
    size_t size = 0;
    unsigned int byte;
    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        out[size++] = (unsigned char)byte;
    return size;
}

bool is_hex(const unsigned char *bytes, size_t size, const char *hex)
{
    unsigned char expected[4096];
    return from_hex(hex, expected) == size && memcmp(bytes, expected, size) == 0;
}

void become_nobody(void)
{
    if (getuid() == 0)
        EXPECT(chmod(home, 0711) == 0 && setegid(65534) == 0 && seteuid(65534) == 0);
}

void become_myself(void)
{
    if (getuid() == 0)
        EXPECT(seteuid(0) == 0 && setegid(0) == 0);
    /* Changing users has made the process opaque to leak checkers. */
    prctl(PR_SET_DUMPABLE, 1);
}

void let_clock_tick(void)
{
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
}

void import_example(const char *id)
{
    unsigned char key[32];
    for (unsigned int i = 0; i < sizeof key; i++)
        key[i] = (unsigned char)(0xa0 + i);
    EXPECT_CODE(keys.import_key(id, key, sizeof key, AZIOT_KEYS_KEY_USAGE_SIGN), 0);
}
