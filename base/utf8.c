#include "base/utf8.h"

#include <stdint.h>

static bool continues(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (((uint8_t)p[i] & 0xc0) != 0x80) {
            return false;
        }
    }
    return true;
}

size_t utf8_char(const char *p, size_t n) {
    uint8_t a = n ? (uint8_t)p[0] : 0xff, b = n > 1 ? (uint8_t)p[1] : 0;
    if (a < 0x80) {
        return 1;
    }
    size_t len = a >= 0xc2 && a <= 0xdf   ? 2
                 : (a & 0xf0) == 0xe0     ? 3
                 : a >= 0xf0 && a <= 0xf4 ? 4
                                          : 0;
    if (len == 0 || n < len || !continues(p + 1, len - 1)) {
        return 0;
    }
    /* RFC 3629 section 4: no overlong forms, no surrogates, nothing above U+10FFFF. */
    bool bad = (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
               (a == 0xf4 && b > 0x8f);
    return bad ? 0 : len;
}

/* The controls of C1, the separators of lines and paragraphs, and what embeds, overrides or
 * isolates a direction (UAX #9 section 2): the last makes the text behind a name read as something
 * else. The marks LRM, RLM and ALM do not reach that far, and names are written with them. */
static bool is_hidden(const uint8_t *p) {
    return (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) ||
           (p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || /* U+2028..U+202E */
                             (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9))); /* U+2066..U+2069 */
}

static bool printable(const char *s, bool lines) {
    for (const uint8_t *p = (const uint8_t *)s; p && *p; p++) {
        bool end = lines && *p == '\n';
        if ((*p < 0x20 && !end) || *p == 0x7f || is_hidden(p)) {
            return false;
        }
    }
    return true;
}

bool utf8_printable(const char *s) {
    return printable(s, false);
}

bool utf8_printable_lines(const char *s) {
    return printable(s, true);
}

size_t utf8_cut(const char *p, size_t n, size_t most) {
    if (n <= most) {
        return n;
    }
    size_t at = most;
    while (at > 0 && most - at < 3 && ((uint8_t)p[at] & 0xc0) == 0x80) {
        at--;
    }
    /* Where that was no text, there is no character to keep whole. */
    return at + utf8_char(p + at, n - at) > most ? at : most;
}
