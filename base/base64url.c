#include "base/base64url.h"

static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c) {
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '-'             ? 62
           : c == '_'             ? 63
                                  : -1;
}

bool base64url_decode(const char *s, size_t n, uint8_t *out, size_t *ret_n) {
    uint32_t bits = 0;
    unsigned have = 0;
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        int v = value_of(s[i]);
        if (v < 0) {
            return false;
        }
        bits = (bits << 6 | (uint32_t)v) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (uint8_t)(bits >> have);
        }
    }
    /* What is left over of the last character carries nothing, and so must be zero. */
    if (n % 4 == 1 || (bits & ((1u << have) - 1)) != 0) {
        return false;
    }
    *ret_n = len;
    return true;
}

void base64url_put(struct buffer *b, const void *p, size_t n) {
    const uint8_t *at = p;
    char four[4];
    for (; n >= 3; n -= 3, at += 3) {
        four[0] = set[at[0] >> 2];
        four[1] = set[(at[0] & 3) << 4 | at[1] >> 4];
        four[2] = set[(at[1] & 15) << 2 | at[2] >> 6];
        four[3] = set[at[2] & 63];
        buffer_put(b, four, 4);
    }
    if (n > 0) {
        uint8_t second = n == 2 ? at[1] : 0;
        four[0] = set[at[0] >> 2];
        four[1] = set[(at[0] & 3) << 4 | second >> 4];
        four[2] = set[(second & 15) << 2];
        buffer_put(b, four, n + 1);
    }
}
