/* SPDX-License-Identifier: MIT */

/*
 * Keys that keep contexts between uses give the same answers as keys that do not, from several
 * threads at once, with every length of the IV, and after a forgery. Prints what is wrong.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "aead.h"
#include "hmac.h"

enum { THREADS = 4, ROUNDS = 400, LARGEST = 300 };

static uint8_t key_bytes[AEAD_KEY_SIZE] = {1, 2, 3};
static const struct bytes key = {key_bytes, sizeof key_bytes};
static struct spare shared;
static atomic_uint failures;

static void check(bool is_good, const char *what, unsigned int round)
{
    if (is_good)
        return;
    printf("%s (round %u)\n", what, round);
    atomic_fetch_add(&failures, 1);
}

static void check_hmac(const unsigned char *text, size_t size, unsigned int round)
{
    unsigned char once[HMAC_SIZE];
    unsigned char again[HMAC_SIZE];
    check(hmac_compute(&key, NULL, text, size, once) &&
              hmac_compute(&key, &shared, text, size, again) &&
              memcmp(once, again, sizeof once) == 0,
          "another MAC", round);
}

static void check_aead(const unsigned char *text, size_t size, unsigned int round)
{
    unsigned char once[LARGEST + AEAD_OVERHEAD];
    unsigned char again[LARGEST + AEAD_OVERHEAD];
    unsigned char plain[LARGEST];
    const struct aead_input input = {text, 1 + round % AEAD_IV_LIMIT, text, round % 40};
    size_t sealed = size + AEAD_OVERHEAD;
    check(aead_encrypt(&key, NULL, &input, text, size, once) &&
              aead_encrypt(&key, &shared, &input, text, size, again) &&
              memcmp(once, again, sealed) == 0,
          "another ciphertext", round);
    check(aead_decrypt(&key, &shared, &input, again, sealed, plain) == AEAD_OK &&
              memcmp(plain, text, size) == 0,
          "another plaintext", round);
    again[sealed - 1] ^= 1;
    check(aead_decrypt(&key, &shared, &input, again, sealed, plain) == AEAD_FORGED,
          "a forgery was taken", round);
}

static void *use(void *number)
{
    unsigned char text[LARGEST];
    for (unsigned int round = 0; round < ROUNDS; round++) {
        memset(text, (int)(*(unsigned int *)number + round), sizeof text);
        size_t size = round % LARGEST;
        check_hmac(text, size, round);
        check_aead(text, size, round);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    unsigned int numbers[THREADS];
    for (unsigned int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, use, &numbers[i]) != 0)
            return 2;
    }
    for (unsigned int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EVP_CIPHER_CTX *gcm;
    EVP_MAC_CTX *hmac;
    const struct aead_input input = {key_bytes, 12, NULL, 0};
    unsigned char sealed[AEAD_KEY_SIZE + AEAD_OVERHEAD];
    check(aead_encrypt(&key, &shared, &input, key_bytes, sizeof key_bytes, sealed), "-", 0);
    hmac = spare_take_hmac(&shared);
    gcm = spare_take_gcm(&shared);
    check(hmac != NULL && gcm != NULL, "nothing was kept", 0);
    spare_keep_hmac(&shared, hmac);
    spare_keep_gcm(&shared, gcm);
    spare_clear(&shared);
    printf("%u failures\n", atomic_load(&failures));
    return atomic_load(&failures) == 0 ? 0 : 1;
}
