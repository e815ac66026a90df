/* SPDX-License-Identifier: MIT */

/*
 * Looks for secrets in the memory of this process after a keys library has used and deleted them:
 * in live, freed and stack memory. What is looked for is kept inverted, so that the search does not
 * find itself; key files are made by another process.
 *
 *     heap_scan LIBRARY
 */

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aziot-keys.h"

/* How much of a secret in one piece counts as found. */
enum { WINDOW = 12, SECRET_SIZE = 32, MAX_SIZE = 4096, MAX_SECRETS = 128 };

/* Shared with the process that makes key files. */
struct secret {
    char name[32];
    size_t size;
    unsigned char inverted[MAX_SIZE];
};

struct secrets {
    size_t count;
    struct secret list[MAX_SECRETS];
};

static struct secrets *secrets;
static const AZIOT_KEYS_FUNCTION_LIST_2_1_0_0 *keys;
static char directory[] = "/tmp/heap-scan-XXXXXX";
static unsigned int failures;

static void remember(const char *name, const unsigned char *bytes, size_t size)
{
    struct secret *secret = &secrets->list[secrets->count++];
    snprintf(secret->name, sizeof secret->name, "%s", name);
    secret->size = size;
    for (size_t i = 0; i < size; i++)
        secret->inverted[i] = (unsigned char)~bytes[i];
}

static void check(unsigned int code, const char *what)
{
    if (code == 0)
        return;
    printf("%s answered %u\n", what, code);
    failures++;
}

/* ---- Looking --------------------------------------------------------------------------------- */

static bool is_here(const unsigned char *at, const unsigned char *inverted)
{
    for (size_t i = 0; i < WINDOW; i++)
        if ((at[i] ^ inverted[i]) != 0xff)
            return false;
    return true;
}

/* How many pieces of secrets have been found. */
static unsigned int found;

static void scan_range(const unsigned char *start, const unsigned char *end, const char *line,
                       bool is_quiet)
{
    for (size_t s = 0; s < secrets->count; s++) {
        const struct secret *secret = &secrets->list[s];
        for (size_t offset = 0; offset + WINDOW <= secret->size; offset += WINDOW) {
            unsigned char first = (unsigned char)~secret->inverted[offset];
            const unsigned char *at = start;
            while (at + WINDOW <= end &&
                   (at = memchr(at, first, (size_t)(end - at - WINDOW + 1))) != NULL) {
                if (is_here(at, secret->inverted + offset)) {
                    found++;
                    if (!is_quiet)
                        printf("%s, from byte %zu, is at %p in %s", secret->name, offset,
                               (const void *)at, line);
                }
                at++;
            }
        }
    }
}

static unsigned int scan(bool is_quiet)
{
    found = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    if (maps == NULL)
        exit(2);
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t start;
        uintptr_t end;
        char mode[8];
        char where[256] = "";
        sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &start, &end, mode, where);
        bool is_ours = start <= (uintptr_t)secrets && (uintptr_t)secrets < end;
        if (strncmp(mode, "rw", 2) == 0 && !is_ours && strncmp(where, "[v", 2) != 0)
            scan_range((const unsigned char *)start, (const unsigned char *)end, line,
                       is_quiet);
    }
    fclose(maps);
    return found;
}

/* ---- Using ----------------------------------------------------------------------------------- */

static void use_symmetric(void)
{
    static const unsigned char message[] = "message";
    const AZIOT_KEYS_ENCRYPT_AEAD_PARAMETERS aead = {message, 7, message, 7};
    const AZIOT_KEYS_SIGN_DERIVED_PARAMETERS sign_derived = {message, 7, 2, NULL};
    const AZIOT_KEYS_ENCRYPT_DERIVED_PARAMETERS encrypt_derived = {message, 7, 1, &aead};
    unsigned char key[SECRET_SIZE];
    unsigned char derived[SECRET_SIZE];
    unsigned char plain[SECRET_SIZE];
    unsigned char out[128];
    uintptr_t size;
    int ok;

    for (unsigned int i = 0; i < SECRET_SIZE; i++) {
        key[i] = (unsigned char)(i * 37 + 11);
        plain[i] = (unsigned char)(i * 61 + 5);
    }
    remember("the symmetric key", key, sizeof key);
    remember("the plaintext", plain, sizeof plain);
    check(keys->import_key("k", key, sizeof key, 1), "import_key");
    OPENSSL_cleanse(key, sizeof key);
    /* Long enough for the cache to keep it. */
    usleep(50000);
    for (int round = 0; round < 3; round++) {
        size = sizeof out;
        check(keys->sign("k", 2, NULL, message, 7, out, &size), "sign");
        check(keys->verify("k", 2, NULL, message, 7, out, 32, &ok), "verify");
        size = sizeof out;
        check(keys->sign("k", 3, &sign_derived, message, 7, out, &size), "sign derived");
        size = sizeof out;
        check(keys->encrypt("k", 4, &encrypt_derived, plain, sizeof plain, out, &size), "encrypt");
        uintptr_t plain_size = sizeof plain;
        check(keys->decrypt("k", 4, &encrypt_derived, out, size, plain, &plain_size), "decrypt");
        size = sizeof out;
        check(keys->encrypt("k", 1, &aead, plain, sizeof plain, out, &size), "encrypt");
        out[20] ^= 1;
        if (keys->decrypt("k", 1, &aead, out, size, plain, &plain_size) != 2)
            check(99, "decrypt of a forged ciphertext");
    }
    size = sizeof derived;
    check(keys->derive_key("k", message, 7, derived, &size), "derive_key");
    remember("the derived key", derived, sizeof derived);
    OPENSSL_cleanse(derived, sizeof derived);
    OPENSSL_cleanse(plain, sizeof plain);
    OPENSSL_cleanse(out, sizeof out);
    /* As long as the key is in use it has to be somewhere. */
    if (scan(true) == 0)
        check(99, "the search");
    check(keys->delete_key("k"), "delete_key");
}

static void use_pair(const char *id)
{
    unsigned char digest[32] = {1};
    unsigned char out[600];
    uintptr_t size;
    for (int round = 0; round < 3; round++) {
        check(keys->load_key_pair(id), "load_key_pair");
        size = sizeof out;
        check(strncmp(id, "ec", 2) == 0 ? keys->sign(id, 1, NULL, digest, 32, out, &size)
                                        : keys->encrypt(id, 2, NULL, digest, 32, out, &size),
              "the private-key operation");
        usleep(50000);
    }
    check(keys->delete_key_pair(id), "delete_key_pair");
}

/* ---- Making key files, in another process ---------------------------------------------------- */

static void remember_number(const EVP_PKEY *key, const char *parameter, const char *name)
{
    unsigned char bytes[MAX_SIZE];
    unsigned char reversed[MAX_SIZE];
    BIGNUM *number = NULL;
    EVP_PKEY_get_bn_param(key, parameter, &number);
    size_t size = (size_t)BN_bn2bin(number, bytes);
    for (size_t i = 0; i < size; i++)
        reversed[i] = bytes[size - 1 - i];
    remember(name, bytes, size);
    /* As a big number lies in the memory of a little-endian machine. */
    remember(name, reversed, size);
}

static void remember_key(EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "EC")) {
        remember_number(key, OSSL_PKEY_PARAM_PRIV_KEY, "the EC key");
        return;
    }
    remember_number(key, OSSL_PKEY_PARAM_RSA_D, "the RSA exponent");
    remember_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1, "an RSA prime");
    remember_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2, "the other RSA prime");
    remember_number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, "the RSA coefficient");
}

/* Remembers the numbers in a key file and the secret part of its text. */
static void remember_file(const char *path)
{
    char line[MAX_SIZE];
    FILE *file = fopen(path, "r");
    EVP_PKEY *key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);
    if (key == NULL)
        _exit(1);
    remember_key(key);
    rewind(file);
    bool is_ec = EVP_PKEY_is_a(key, "EC");
    for (int i = 0; fgets(line, sizeof line, file) != NULL && line[0] != '\0'; i++) {
        /* An EC key's number is in the end of the first line and the start of the second; an RSA
         * key's secrets come after modulus and exponent. */
        size_t from = is_ec && i == 1 ? 52 : 0;
        size_t to = is_ec && i == 2 ? 24 : strcspn(line, "\n");
        if (line[0] != '-' && (is_ec ? i <= 2 : i >= 8) && to > from + WINDOW)
            remember("a line of PEM", (const unsigned char *)line + from, to - from);
    }
    fclose(file);
}

static void put_key(const char *name, EVP_PKEY *key)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    remember_file(path);
}

static void make_files(void)
{
    int status = 1;
    if (fork() == 0) {
        put_key("ec", EVP_EC_gen("P-256"));
        put_key("rsa", EVP_RSA_gen(2048));
        _exit(0);
    }
    wait(&status);
    check((unsigned int)status, "making key files");
}

static void preload(const char *id)
{
    char name[64];
    char uri[128];
    snprintf(name, sizeof name, "preloaded_key:%s", id);
    snprintf(uri, sizeof uri, "file://%s/%s", directory, id);
    check(keys->set_parameter(name, uri), "set_parameter");
}

/* Lets the library make a pair and has another process look at what it has written. */
static void make_with_library(const char *id, const char *algorithm)
{
    int status = 1;
    preload(id);
    check(keys->create_key_pair_if_not_exists(id, algorithm), "create_key_pair_if_not_exists");
    if (fork() == 0) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", directory, id);
        remember_file(path);
        _exit(0);
    }
    wait(&status);
    check((unsigned int)status, "reading a key file");
    use_pair(id);
}

int main(int count, char *arguments[])
{
    AZIOT_KEYS_RC (*get)(AZIOT_KEYS_VERSION, const AZIOT_KEYS_FUNCTION_LIST **) = NULL;
    const AZIOT_KEYS_FUNCTION_LIST *list = NULL;
    void *library = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    if (library != NULL)
        *(void **)&get = dlsym(library, "aziot_keys_get_function_list");
    secrets = mmap(NULL, sizeof *secrets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (get == NULL || get(AZIOT_KEYS_VERSION_2_1_0_0, &list) != 0 || secrets == MAP_FAILED ||
        mkdtemp(directory) == NULL)
        return 2;
    keys = (const void *)list;

    make_files();
    check(keys->set_parameter("homedir_path", directory), "set_parameter");
    preload("ec");
    preload("rsa");
    use_symmetric();
    use_pair("ec");
    use_pair("rsa");
    make_with_library("ec-made", "ec-p256");
    make_with_library("rsa-made", "rsa-2048");
    failures += scan(false);

    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    if (system(command) != 0)
        failures++;
    printf("%zu secrets, %u failures\n", secrets->count, failures);
    return failures == 0 ? 0 : 1;
}
