/* SPDX-License-Identifier: MIT */

/*
 * Calls a keys library from several threads at once. The interface promises a library that calls do
 * not overlap; ours takes it that they do.
 *
 *     keys_overlap LIBRARY HOME
 */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aziot-keys.h"

enum { THREADS = 6, ROUNDS = 150, VALUES = 4, LARGEST = 40000 };

static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static unsigned char macs[VALUES][32];
static unsigned char fixed_macs[VALUES][32];
static const char *home;
static atomic_uint failures;

static void check(int good, const char *what)
{
    if (good)
        return;
    printf("%s\n", what);
    atomic_fetch_add(&failures, 1);
}

static void fill(unsigned char key[32], unsigned int value)
{
    memset(key, (int)(value + 1), 32);
}

/* The shared key has one of a few values, whichever thread has imported last. */
static void use_shared(unsigned int round)
{
    unsigned char key[32];
    unsigned char mac[32];
    uintptr_t size = sizeof mac;
    fill(key, round % VALUES);
    if (round % 5 == 0)
        check(keys->import_key("shared", key, sizeof key, 1) == 0, "import of the shared key");
    check(keys->derive_key("shared", key, 0, mac, &size) == 0, "derivation from the shared key");
    int known = 0;
    for (unsigned int value = 0; value < VALUES; value++)
        known |= memcmp(mac, macs[value], sizeof mac) == 0;
    check(known, "the shared key has a value that nobody gave it");
}

static void use_own(unsigned int thread, unsigned int round)
{
    AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {(const unsigned char *)"0123456789ab", 12, NULL, 0};
    unsigned char text[64] = {1, 2, 3};
    unsigned char out[128];
    unsigned char plain[64];
    uintptr_t size = sizeof out;
    uintptr_t plain_size = sizeof plain;
    char id[32];
    snprintf(id, sizeof id, "own-%u-%u", thread, round % 3);
    check(keys->create_key_if_not_exists(id, 0x10) == 0, "creation of an own key");
    check(keys->encrypt(id, 1, &aead, text, sizeof text, out, &size) == 0, "encryption");
    check(keys->decrypt(id, 1, &aead, out, size, plain, &plain_size) == 0, "decryption");
    check(memcmp(text, plain, sizeof text) == 0, "another plaintext");
    if (round % 7 == 0)
        check(keys->delete_key(id) == 0, "deletion of an own key");
}

static void use_pairs(unsigned int thread, unsigned int round)
{
    unsigned char digest[32] = {0};
    unsigned char out[128];
    uintptr_t size = sizeof out;
    char id[32];
    /* Whoever is first makes it. */
    check(keys->create_key_pair_if_not_exists("common", NULL) == 0, "creation of the common pair");
    check(keys->sign("common", 1, NULL, digest, 32, out, &size) == 0, "signing");
    snprintf(id, sizeof id, "pair-%u", thread);
    if (round % 10 == 0) {
        check(keys->create_key_pair_if_not_exists(id, NULL) == 0, "creation of an own pair");
        check(keys->move_key_pair(id, "moved") == 0, "move");
    }
    check(keys->load_key_pair("moved") < 2, "the pair that is moved over");
    if (round % 20 == 0)
        check(keys->set_parameter("homedir_path", home) == 0, "set_parameter");
}

static void *run(void *argument)
{
    unsigned int thread = (unsigned int)(uintptr_t)argument;
    for (unsigned int round = 0; round < ROUNDS; round++) {
        use_shared(round + thread);
        use_own(thread, round);
        use_pairs(thread, round);
    }
    return NULL;
}

/* The key in a file that only can be written in place: of several pages, and each value of another
 * size, so that a part of a write is neither. */
static uintptr_t fill_fixed(unsigned char bytes[LARGEST], unsigned int value)
{
    memset(bytes, (int)(value + 1), LARGEST);
    return LARGEST - 9000 * value;
}

static void *use_fixed(void *argument)
{
    static unsigned char bytes[THREADS][LARGEST];
    unsigned int thread = (unsigned int)(uintptr_t)argument;
    for (unsigned int round = 0; round < ROUNDS; round++) {
        unsigned char mac[32];
        uintptr_t size = sizeof mac;
        uintptr_t count = fill_fixed(bytes[thread], (round + thread) % VALUES);
        if (thread < 2)
            check(keys->import_key("fixed", bytes[thread], count, 1) == 0, "import in place");
        check(keys->derive_key("fixed", mac, 0, mac, &size) == 0, "derivation from the fixed key");
        int known = 0;
        for (unsigned int value = 0; value < VALUES; value++)
            known |= memcmp(mac, fixed_macs[value], sizeof mac) == 0;
        check(known, "the fixed key has a value that nobody gave it");
    }
    return NULL;
}

/* Root can write to every directory, so it acts as somebody who cannot. */
static void set_up_fixed(void)
{
    static unsigned char bytes[LARGEST];
    char path[4200];
    char uri[4300];
    snprintf(path, sizeof path, "%s/fixed", home);
    check(mkdir(path, 0755) == 0, "making a directory");
    snprintf(path, sizeof path, "%s/fixed/key", home);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);
    check(file >= 0 && write(file, "old", 3) == 3 && fchmod(file, 0666) == 0, "making a file");
    close(file);
    snprintf(path, sizeof path, "%s/fixed", home);
    check(chmod(path, 0555) == 0, "closing a directory");
    if (geteuid() == 0)
        check(chmod(home, 0711) == 0 && setegid(65534) == 0 && seteuid(65534) == 0, "seteuid");
    snprintf(uri, sizeof uri, "file://%s/fixed/key", home);
    check(keys->set_parameter("preloaded_key:fixed", uri) == 0, "set_parameter");
    for (unsigned int value = 0; value < VALUES; value++) {
        uintptr_t size = 32;
        uintptr_t count = fill_fixed(bytes, value);
        check(keys->import_key("fixed", bytes, count, 1) == 0, "import in place");
        check(keys->derive_key("fixed", bytes, 0, fixed_macs[value], &size) == 0, "derivation");
    }
}

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, body, (void *)i) != 0)
            exit(2);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(int count, char *arguments[])
{
    AZIOT_KEYS_RC (*get)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **) = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    void *library = count == 3 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library != NULL)
        *(void **)&get = dlsym(library, "aziot_keys_get_function_list");
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &list) != 0)
        return 2;
    keys = (const void *)list;
    home = arguments[2];
    check(keys->set_parameter("homedir_path", home) == 0, "set_parameter");
    for (unsigned int value = 0; value < VALUES; value++) {
        unsigned char key[32];
        uintptr_t size = 32;
        fill(key, value);
        check(keys->import_key("shared", key, sizeof key, 1) == 0, "import");
        check(keys->derive_key("shared", key, 0, macs[value], &size) == 0, "derivation");
    }
    run_threads(run);
    set_up_fixed();
    run_threads(use_fixed);
    if (getuid() == 0)
        check(seteuid(0) == 0 && setegid(0) == 0, "seteuid");
    /* Changing users has made the process opaque to leak checkers. */
    prctl(PR_SET_DUMPABLE, 1);
    printf("%u failures\n", failures);
    return failures == 0 ? 0 : 1;
}
