/* SPDX-License-Identifier: MIT */

#ifndef RSA_H
#define RSA_H

#include "fault.h"
#include "key.h"
#include "output.h"

/* How the input becomes a block as long as the modulus. */
enum rsa_form {
    /* Padded as PKCS #1 block type 1: at most 11 bytes less than the modulus. */
    RSA_FORM_PKCS1,
    /* It is one. */
    RSA_FORM_RAW,
};

/* Answers with the private-key operation on a block. Logs a failure and answers the result code. */
unsigned int rsa_private_operation(const struct call *call, const struct key *key,
                                   enum rsa_form form, const unsigned char *data, size_t size,
                                   const struct output *output);

#endif
