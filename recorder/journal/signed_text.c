#include "recorder/journal/signed_text.h"

#include <string.h>

enum err signed_text_finish(struct buffer *t, const struct signing_key *k, char **ret_text,
                            size_t *ret_n) {
    uint8_t signature[SIGNATURE_LEN];
    enum err e = t->bad ? ERR_NOMEM : keys_sign(k, bytes_of(t->p, t->n), signature);
    if (e != OK) {
        buffer_free(t);
        return e;
    }
    buffer_printf(t, "\n");
    buffer_hex(t, signature, sizeof(signature));
    buffer_printf(t, "\n");
    size_t n = t->n;
    char *text = buffer_take(t);
    if (!text) {
        return ERR_NOMEM;
    }
    *ret_text = text;
    *ret_n = n;
    return OK;
}

/* The length of the line, once its signature was found to be right. */
static enum err check(struct bytes text, const struct signing_key *k, size_t *ret) {
    const uint8_t *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
    uint8_t signature[SIGNATURE_LEN];
    char hex[2 * SIGNATURE_LEN + 1];
    size_t line = end ? (size_t)(end - text.p) : 0;
    if (!end || text.n != line + 1 + 2 * SIGNATURE_LEN + 1 || text.p[text.n - 1] != '\n') {
        return ERR_FORMAT;
    }
    memcpy(hex, end + 1, 2 * SIGNATURE_LEN);
    hex[2 * SIGNATURE_LEN] = '\0';
    if (!hex_decode(signature, sizeof(signature), hex)) {
        return ERR_FORMAT;
    }
    *ret = line;
    return keys_verify(k, bytes_of(text.p, line), signature);
}

enum err signed_text_open(struct bytes text, const struct signing_key *k, const struct json **ret) {
    /* The line was written by us: what bounds it is what a buffer holds. */
    static const struct json_limits limits = {BUFFER_MAX, 16, BUFFER_MAX};
    size_t line = 0;
    enum err e = check(text, k, &line);
    e = e == OK ? json_read(text.p, line, &limits, ret, NULL) : e;
    return e == OK || e == ERR_NOMEM || e == ERR_AUTH || e == ERR_CRYPTO ? e : ERR_FORMAT;
}
