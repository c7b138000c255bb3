/* How a receiver knows that a webhook is ours: the signature of the Standard Webhooks specification
 * (github.com/standard-webhooks/standard-webhooks, version 1.0, "Signature scheme"): HMAC-SHA256
 * over "ID.TIMESTAMP.BODY". Libraries for most languages check it. Thread: any. */
#ifndef ORIEL_SERVER_EVENTS_WEBHOOK_SIGNATURE_H
#define ORIEL_SERVER_EVENTS_WEBHOOK_SIGNATURE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"

#define WEBHOOK_KEYS_MAX 2 /* the one that signs, and the one that it replaces */
#define WEBHOOK_KEY_MIN 24 /* [bytes] as the specification says, */
#define WEBHOOK_KEY_MAX 64

struct webhook_keys {
    uint8_t key[WEBHOOK_KEYS_MAX][WEBHOOK_KEY_MAX];
    size_t len[WEBHOOK_KEYS_MAX]; /* [bytes] */
    size_t n;
};

/* Read secrets, one a line, each "whsec_" and base64 of 24 to 64 bytes; at most two, the newer one
 * first, so that a receiver can be given the next one before the last goes. ERR_FORMAT with why. */
enum err webhook_keys_read(const char *text, struct webhook_keys *ret, char why[WHY_MAX]);
/* Append the value of the header webhook-signature: "v1,BASE64", one for each key. at_s: seconds
 * since 1970, as the header webhook-timestamp has them. */
void webhook_sign(struct buffer *b, const struct webhook_keys *k, const char *id, int64_t at_s,
                  const char *body);

#endif
