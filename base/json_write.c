#include "base/json_write.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ESCAPE_MAX 6 /* [bytes] \u0000 */

/* The next character of the n > 0 bytes at s. Returns its bytes; *ret_out and *ret_len are what to
 * write for it, in s itself when it needs no escape, else in buf. */
static size_t next_char(const char *s, size_t n, char buf[ESCAPE_MAX + 1], const char **ret_out,
                        size_t *ret_len) {
    static const char twins[] =
        "\"\"\\\\\nn\rr\tt"; /* a character and what follows its backslash */
    size_t used = utf8_char(s, n);
    uint8_t c = (uint8_t)*s;
    *ret_out = s;
    *ret_len = used;
    if (used > 1 || (used == 1 && c >= 0x20 && c != 0x7f && c != '"' && c != '\\')) {
        return used;
    }
    *ret_out = buf;
    if (used == 0) {
        buf[0] = '?';
        *ret_len = 1;
        return 1;
    }
    for (size_t i = 0; i + 1 < sizeof(twins); i += 2) {
        if (c == (uint8_t)twins[i]) {
            buf[0] = '\\';
            buf[1] = twins[i + 1];
            *ret_len = 2;
            return 1;
        }
    }
    *ret_len = (size_t)snprintf(buf, ESCAPE_MAX + 1, "\\u%04x", (unsigned)c);
    return 1;
}

void json_escape(struct buffer *b, const char *s, size_t n) {
    size_t plain = 0; /* bytes before s that are still to be written as they are */
    while (n > 0) {
        char buf[ESCAPE_MAX + 1];
        const char *out;
        size_t len, used = next_char(s, n, buf, &out, &len);
        if (out == s) {
            plain += used;
        } else {
            buffer_put(b, s - plain, plain);
            buffer_put(b, out, len);
            plain = 0;
        }
        s += used;
        n -= used;
    }
    if (plain) {
        buffer_put(b, s - plain, plain);
    }
}

size_t json_escape_fit(const char *s, size_t n, size_t room) {
    size_t fits = 0;
    while (fits < n) {
        char buf[ESCAPE_MAX + 1];
        const char *out;
        size_t len, used = next_char(s + fits, n - fits, buf, &out, &len);
        if (len > room) {
            break;
        }
        room -= len;
        fits += used;
    }
    return fits;
}

/* What comes before a value: its comma and its name. */
static void begin(struct buffer *b, const char *key) {
    if (b->comma) {
        buffer_put(b, ",", 1);
    }
    if (key) {
        buffer_put(b, "\"", 1);
        buffer_str(b, key);
        buffer_put(b, "\":", 2);
    }
}

/* A whole value. */
static void put(struct buffer *b, const char *key, const char *text) {
    begin(b, key);
    buffer_str(b, text);
    b->comma = true;
}

void json_put_raw(struct buffer *b, const char *key, const char *json) {
    put(b, key, json);
}

void json_open(struct buffer *b, const char *key, char bracket) {
    begin(b, key);
    buffer_put(b, &bracket, 1);
}

void json_close(struct buffer *b, char bracket) {
    buffer_put(b, &bracket, 1);
    b->comma = true;
}

void json_key(struct buffer *b, const char *key) {
    begin(b, key);
}

void json_put_string(struct buffer *b, const char *key, const char *s) {
    if (s) {
        json_put_string_n(b, key, s, strlen(s));
    } else {
        json_put_null(b, key);
    }
}

void json_put_string_n(struct buffer *b, const char *key, const char *s, size_t n) {
    begin(b, key);
    buffer_put(b, "\"", 1);
    json_escape(b, s, n);
    buffer_put(b, "\"", 1);
    b->comma = true;
}

void json_put_int(struct buffer *b, const char *key, int64_t v) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, v);
    put(b, key, text);
}

void json_put_uint(struct buffer *b, const char *key, uint64_t v) {
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, v);
    put(b, key, text);
}

void json_put_bool(struct buffer *b, const char *key, bool v) {
    put(b, key, v ? "true" : "false");
}

void json_put_null(struct buffer *b, const char *key) {
    put(b, key, "null");
}

void json_put_hex(struct buffer *b, const char *key, const void *p, size_t n) {
    begin(b, key);
    buffer_put(b, "\"", 1);
    buffer_hex(b, p, n);
    buffer_put(b, "\"", 1);
    b->comma = true;
}

void json_put_handle(struct buffer *b, const char *key, uint64_t v) {
    char text[24];
    (void)snprintf(text, sizeof(text), "\"%016" PRIx64 "\"", v);
    put(b, key, text);
}
