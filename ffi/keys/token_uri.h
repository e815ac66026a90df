/* SPDX-License-Identifier: MIT */

#ifndef TOKEN_URI_H
#define TOKEN_URI_H

/* Checks the part of a `pkcs11:` URI after the colon (RFC 7512: token or slot-id, object,
 * pin-value; everything else is ignored). NULL, or why it is refused. */
const char *token_uri_fault(const char *after_scheme);

#endif
