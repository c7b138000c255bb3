/* Base64url without padding (RFC 7515 section 2). Only the one text that an encoder makes of some
 * bytes is taken for them: no padding, no space, no stray bits at the end, so that a token or a key
 * cannot be written in two ways. Thread: any. */
#ifndef ORIEL_BASE_BASE64URL_H
#define ORIEL_BASE_BASE64URL_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [bytes] that n characters may stand for. */
#define BASE64URL_BYTES(n) ((n) / 4 * 3 + 2)

/* Decode n characters into out, which holds BASE64URL_BYTES(n). False when they are no such text;
 * *ret_n is untouched then, and out is undefined. */
bool base64url_decode(const char *s, size_t n, uint8_t *out, size_t *ret_n);
/* Append the text of n bytes. */
void base64url_put(struct buffer *b, const void *p, size_t n);

#endif
