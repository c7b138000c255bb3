#include "recorder/catalogue/words.h"

#include "base/check.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* One code point (RFC 3629) off *p; 0 for the end and for bytes that are none. */
static uint32_t take(const char **p) {
    const uint8_t *s = (const uint8_t *)*p;
    uint32_t c = s[0];
    unsigned more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 ? 1 : (c & 0xf0) == 0xe0 ? 2 : 3;
    if (c == 0) {
        return 0;
    }
    *p += 1;
    if (more == 0) {
        return c;
    }
    if ((c & 0xf8) == 0xf8 || (c & 0xc0) == 0x80) {
        return 0;
    }
    c &= 0x3fu >> more;
    for (unsigned i = 1; i <= more; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (s[i] & 0x3f);
    }
    *p += more;
    return c;
}

static bool is_letter(uint32_t c) {
    if (c < 0x80) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }
    bool latin_signs = c < 0xc0 && c != 0xaa && c != 0xb5 && c != 0xba;
    bool punctuation = (c >= 0x2000 && c <= 0x206f) || (c >= 0x3000 && c <= 0x3004) ||
                       (c >= 0x3008 && c <= 0x3020) || c == 0xd7 || c == 0xf7;
    return !latin_signs && !punctuation;
}

/* Capitals and what their small letters are. step 1: all of the range lie `add` apart; 2: capital
 * and small letter take turns, the capitals at `first`, first + 2 ... */
static const struct fold {
    uint32_t first, last;
    int32_t add;
    uint32_t step;
} folds[] = {
    {'A', 'Z', 32, 1},       {0xc0, 0xd6, 32, 1},        {0xd8, 0xde, 32, 1},
    {0x100, 0x136, 1, 2},    {0x139, 0x147, 1, 2},       {0x14a, 0x176, 1, 2},
    {0x178, 0x178, -121, 1}, {0x179, 0x17d, 1, 2},       {0x218, 0x21e, 1, 2},
    {0x386, 0x386, 38, 1},   {0x388, 0x38a, 37, 1},      {0x38c, 0x38c, 64, 1},
    {0x38e, 0x38f, 63, 1},   {0x391, 0x3a1, 32, 1},      {0x3a3, 0x3ab, 32, 1},
    {0x3c2, 0x3c2, 1, 1},    {0x400, 0x40f, 80, 1},      {0x410, 0x42f, 32, 1},
    {0x460, 0x480, 1, 2},    {0x48a, 0x4be, 1, 2},       {0x4d0, 0x52e, 1, 2},
    {0x1e00, 0x1e94, 1, 2},  {0x1e9e, 0x1e9e, -7615, 1}, {0x1ea0, 0x1efe, 1, 2},
};

static uint32_t fold(uint32_t c) {
    for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
        const struct fold *f = &folds[i];
        if (c >= f->first && c <= f->last && (c - f->first) % f->step == 0) {
            return (uint32_t)((int32_t)c + f->add);
        }
    }
    return c;
}

/* Append as UTF-8; false when it does not fit. */
static bool put(char *out, size_t *n, uint32_t c) {
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (len > WORD_MAX - 1 - *n) {
        return false;
    }
    for (size_t i = len - 1; i > 0; i--, c >>= 6) {
        out[*n + i] = (char)(0x80 | (c & 0x3f));
    }
    out[*n] = (char)(len == 1 ? c : lead[len] | c);
    *n += len;
    return true;
}

bool words_next(const char **text, char out[WORD_MAX]) {
    size_t n = 0;
    bool full = false;
    while (**text) {
        uint32_t c = take(text);
        if (c && is_letter(c)) {
            full = full || !put(out, &n, fold(c));
        } else if (n) {
            break;
        }
    }
    out[n] = '\0';
    return n > 0;
}
