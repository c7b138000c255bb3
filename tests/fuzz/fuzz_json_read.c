/* libs: json */
/* Any bytes as a document. Promises checked: nothing beyond the limits is read; a document is an
 * object whose strings hold no NUL; every value has a place that is found again by its path, unless
 * that is cut or ambiguous; a refused text has a place within it; and what was read is the same
 * after it has been written for people. The first three bytes are the limits. */
#include "base/alloc.h"
#include "base/check.h"
#include "json/json_read.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_values(const struct json *v, unsigned depth, const struct json_limits *l) {
    size_t n = 1;
    CHECK(depth <= l->depth + 1); /* of what is in the deepest list */
    if (json_kind(v) == JSON_KIND_LIST) {
        for (size_t i = 0; i < json_count(v); i++) {
            n += count_values(json_item(v, i), depth + 1, l);
        }
    }
    for (struct json_walk w = {0}; json_next(v, &w);) {
        CHECK(json_member(v, w.name) == w.value);
        n += count_values(w.value, depth + 1, l);
    }
    return n;
}

static bool same(const struct json *a, const struct json *b) {
    size_t n = 0, m = 0;
    double x = 0, y = 0;
    const char *s = json_get_string(a, &n), *t = json_get_string(b, &m);
    bool ok = json_kind(a) == json_kind(b) && json_count(a) == json_count(b) && n == m;
    ok = ok && (!s || (strlen(s) == n && memcmp(s, t, n) == 0));
    ok = ok && json_get_number(a, &x) == json_get_number(b, &y) && x == y;
    for (size_t i = 0; ok && json_item(a, i); i++) {
        ok = same(json_item(a, i), json_item(b, i));
    }
    for (struct json_walk w = {0}; ok && json_next(a, &w);) {
        ok = same(w.value, json_member(b, w.name));
    }
    return ok && json_says_true(a) == json_says_true(b);
}

static void check_document(const struct json *o, const struct json_limits *l) {
    const struct json_limits wide = {
        .bytes = BUFFER_MAX, .depth = JSON_DEPTH_MAX, .values = 1 << 20};
    const struct json *again = NULL;
    struct buffer b = {0};
    CHECK(json_kind(o) == JSON_KIND_OBJECT);
    CHECK(count_values(o, 1, l) <= 2 * l->values);
    json_put_indented(&b, o, 3);
    CHECK(!b.bad && json_read(b.p, b.n, &wide, &again, NULL) == OK && same(o, again));
    json_free(again);
    buffer_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3) {
        return 0;
    }
    struct json_limits l = {
        .bytes = 16u * data[0] + 15, .depth = data[1] % (JSON_DEPTH_MAX + 1), .values = data[2]};
    const char *text = (const char *)data + 3;
    const struct json *o = NULL;
    struct json_error why;
    struct json_place p;
    enum err e = json_read(text, size - 3, &l, &o, &why);
    CHECK((e == OK) == (o != NULL) && (e == OK) == !*why.what);
    CHECK(e != OK || size - 3 <= l.bytes);
    CHECK(why.at.line >= 1 && why.at.column >= 1 && strlen(why.at.path) < JSON_PATH_MAX);
    for (size_t i = 0; i <= size - 3 && size < 300; i++) {
        json_place_of(text, size - 3, i, &p);
        CHECK(p.line + p.column <= size + 2);
    }
    json_place_find(text, size - 3, why.at.path, &p);
    if (o) {
        check_document(o, &l);
    }
    json_free(o);
    return 0;
}
