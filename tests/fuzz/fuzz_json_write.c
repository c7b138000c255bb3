/* libs: signaling */
/* Any bytes as a string of JSON, with a name of a member before it and a number behind it. Promises
 * checked: a strict parser reads back the same bytes, with '?' for each that is no UTF-8, so that a
 * text never grows; what fits in a room is told as it is written; fixed memory gets a beginning of
 * the same text and not a byte more. */
#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "base/utf8.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define MOST 4096 /* [bytes] of the input that are looked at */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_object(struct buffer *b, const char *s, size_t n) {
    json_open(b, NULL, '{');
    json_put_string_n(b, "text", s, n);
    json_put_uint(b, "length", n);
    json_close(b, '}');
}

static void check_read_back(const struct buffer *b, const char *s, size_t n) {
    json_t *o = json_loadb(b->p, b->n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_t *text = json_object_get(o, "text");
    CHECK(json_is_string(text) && json_string_length(text) == n);
    CHECK(json_integer_value(json_object_get(o, "length")) == (json_int_t)n);
    const char *back = json_string_value(text);
    for (size_t i = 0; i < n;) {
        size_t step = utf8_char(s + i, n - i);
        CHECK(step ? memcmp(back + i, s + i, step) == 0 : back[i] == '?');
        i += step ? step : 1;
    }
    json_decref(o);
}

static void check_fits(const char *s, size_t n, size_t room) {
    size_t fits = json_escape_fit(s, n, room);
    struct buffer b = {0};
    CHECK(fits <= n);
    json_escape(&b, s, fits);
    CHECK(b.n <= room);
    if (fits < n) { /* and one character more does not */
        size_t step = utf8_char(s + fits, n - fits);
        json_escape(&b, s + fits, step ? step : 1);
        CHECK(b.n > room);
    }
    buffer_free(&b);
}

static void check_fixed(const struct buffer *whole, const char *s, size_t n, size_t cap) {
    char *mine = mem_alloc(cap); /* of exactly this size: a sanitizer sees a byte beyond */
    CHECK(mine);
    struct buffer b = buffer_fixed(mine, cap);
    write_object(&b, s, n);
    CHECK(b.n < cap && b.bad == (whole->n >= cap));
    CHECK(memcmp(mine, whole->p, b.n) == 0 && mine[b.n] == '\0');
    mem_free(mine);
}

/* The first two bytes choose a room. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) {
        return 0;
    }
    size_t room = (size_t)data[0] << 8 | data[1], n = size - 2 < MOST ? size - 2 : MOST;
    const char *s = (const char *)data + 2;
    struct buffer b = {0};
    write_object(&b, s, n);
    CHECK(!b.bad);
    check_read_back(&b, s, n);
    check_fits(s, n, room);
    check_fixed(&b, s, n, room + 1);
    check_fixed(&b, s, n, b.n + 1);
    buffer_free(&b);
    return 0;
}
