#include "server/events/webhook_signature.h"

#include "base/check.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "whsec_"
#define MAC_LEN 32  /* [bytes] SHA-256 */
#define TEXT_MAX 88 /* characters of base64 of WEBHOOK_KEY_MAX bytes */

static bool read_key(const char *text, size_t n, uint8_t *out, size_t *ret_len) {
    unsigned char raw[TEXT_MAX / 4 * 3 + 1];
    char copy[TEXT_MAX + 1];
    size_t pad = 0;
    if (n <= strlen(PREFIX) || strncmp(text, PREFIX, strlen(PREFIX)) != 0) {
        return false;
    }
    text += strlen(PREFIX);
    n -= strlen(PREFIX);
    if (n % 4 != 0 || n > TEXT_MAX) {
        return false;
    }
    memcpy(copy, text, n);
    copy[n] = '\0';
    while (pad < 2 && n > pad && copy[n - 1 - pad] == '=') {
        pad++;
    }
    int len = EVP_DecodeBlock(raw, (const unsigned char *)copy, (int)n);
    size_t bytes = len > 0 ? (size_t)len - pad : 0;
    bool ok = bytes >= WEBHOOK_KEY_MIN && bytes <= WEBHOOK_KEY_MAX;
    if (ok) {
        memcpy(out, raw, bytes);
        *ret_len = bytes;
    }
    mem_wipe(raw, sizeof(raw));
    mem_wipe(copy, sizeof(copy));
    return ok;
}

enum err webhook_keys_read(const char *text, struct webhook_keys *ret, char why[WHY_MAX]) {
    struct webhook_keys k = {.n = 0};
    for (size_t n; *text; text += n + strspn(text + n, "\r\n")) {
        n = strcspn(text, "\r\n");
        if (n > 0 && (k.n == WEBHOOK_KEYS_MAX || !read_key(text, n, k.key[k.n], &k.len[k.n]))) {
            snprintf(why, WHY_MAX,
                     "must have one line, or two, of whsec_ and base64 of %d to %d bytes",
                     WEBHOOK_KEY_MIN, WEBHOOK_KEY_MAX);
            mem_wipe(&k, sizeof(k));
            return ERR_FORMAT;
        }
        k.n += n > 0;
    }
    if (k.n == 0) {
        snprintf(why, WHY_MAX, "is empty");
        return ERR_FORMAT;
    }
    *ret = k;
    mem_wipe(&k, sizeof(k));
    return OK;
}

void webhook_sign(struct buffer *b, const struct webhook_keys *k, const char *id, int64_t at_s,
                  const char *body) {
    struct buffer text = {0};
    buffer_printf(&text, "%s.%" PRId64 ".%s", id, at_s, body);
    b->bad |= text.bad;
    for (size_t i = 0; i < k->n && !text.bad; i++) {
        unsigned char mac[MAC_LEN], base64[(MAC_LEN + 2) / 3 * 4 + 1];
        unsigned n = 0;
        CHECK(HMAC(EVP_sha256(), k->key[i], (int)k->len[i], (const unsigned char *)text.p, text.n,
                   mac, &n) &&
              n == MAC_LEN);
        (void)EVP_EncodeBlock(base64, mac, MAC_LEN);
        buffer_printf(b, "%sv1,%s", i > 0 ? " " : "", (const char *)base64);
    }
    buffer_free(&text);
}
