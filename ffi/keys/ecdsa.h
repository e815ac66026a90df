/* SPDX-License-Identifier: MIT */

#ifndef ECDSA_H
#define ECDSA_H

#include "fault.h"
#include "key.h"
#include "output.h"

/* Answers with the ECDSA signature of a digest, DER SEQUENCE { r, s }. A digest longer than the
 * order of the curve is cut. Logs a failure and answers the result code. */
unsigned int ecdsa_sign(const struct call *call, const struct key *key,
                        const unsigned char *digest, size_t size, const struct output *output);

#endif
