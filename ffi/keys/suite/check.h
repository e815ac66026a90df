/* SPDX-License-Identifier: MIT */

#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "aziot-keys.h"

/*
 * Checks of a keys library. Each runs in a process of its own with the library just loaded, an
 * empty home directory and stderr going to a file: one that brings the library down costs nothing
 * but itself.
 */

enum check_scope {
    /* What the interface promises: every keys library. */
    SCOPE_ANY,
    /* What keys in files look like: a library that keeps its keys in files of this format. */
    SCOPE_FILES,
    /* What only ours promises beyond that. */
    SCOPE_OWN,
};

struct check {
    /* A sentence. */
    const char *name;
    enum check_scope scope;
    void (*run)(void);
    /* Makes RSA keys with the library: minutes under valgrind. */
    bool is_slow;
};

/* A table of checks ends with an entry without a name. */
extern const struct check interface_checks[];
extern const struct check parameter_checks[];
extern const struct check symmetric_checks[];
extern const struct check cipher_checks[];
extern const struct check pair_checks[];
extern const struct check pair_use_checks[];
extern const struct check size_checks[];
extern const struct check location_checks[];
extern const struct check store_checks[];
extern const struct check record_checks[];

/* The functions of the library under test; what a 2.0.0.0 library lacks is NULL. */
extern AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 keys;
/* The exported function. */
extern AZIOT_KEYS_RC (*get_function_list)(AZIOT_KEYS_VERSION version,
                                          const AZIOT_KEYS_FUNCTION_LIST **list);
/* The directory of this check, an absolute path. */
extern char home[];

/* Notes a failure unless `good`. */
void expect(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define EXPECT(condition) expect((condition), "line %d: %s", __LINE__, #condition)

/* Compares a result code. */
#define EXPECT_CODE(call, code)                                                                    \
    do {                                                                                           \
        unsigned int actual_code = (call);                                                         \
        expect(actual_code == (code), "line %d: %s answered %u, not %u", __LINE__, #call,          \
               actual_code, (unsigned int)(code));                                                 \
    } while (0)

/* Sets homedir_path to `home`. */
void use_home(void);

/* A path in `home`; the buffer is reused after eight calls. */
const char *in_home(const char *name);

/* Where the key of this id has to be. */
const char *key_path(const char *id);

/* Binds an id to a file in `home`. */
void preload(const char *id, const char *name);

void put_file(const char *path, const void *bytes, size_t size);
void put_text(const char *path, const char *text);

/* Reads up to `room` bytes; -1 when there is no such file. */
long get_file(const char *path, unsigned char *bytes, size_t room);

bool is_there(const char *path);

/* How many records the library has written so far that contain this text. */
unsigned int records_with(const char *text);

/* Decodes hexadecimal into `out`, answers the number of bytes. */
size_t from_hex(const char *hex, unsigned char *out);

/* Whether bytes are what the hexadecimal text says. */
bool is_hex(const unsigned char *bytes, size_t size, const char *hex);

/* Acts from now on as somebody whom the modes of files stop; root gets its rights back. */
void become_nobody(void);
void become_myself(void);

/* Waits until time stamps of files written before and after can be told apart. */
void let_clock_tick(void);

/* The key of the worked examples, A0 to BF, imported under this id. */
void import_example(const char *id);

#endif
