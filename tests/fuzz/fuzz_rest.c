/* libs: server_rest */
/* A body read by a schema with every kind; the same bytes as an argument of a query, and as the
 * header traceparent. Promises checked: what is taken is within its bounds, what is refused says
 * where (whole characters, a pointer) and why, and a trace always has ids that are valid. */
#include "base/check.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "server/rest/schema.h"

#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
    struct schema_given given;
    const char *text;
    wall_t at;
    int word;
    int64_t number;
    bool on;
    double part;
    const struct json *open, *list;
};

static const char *const words[] = {"one", "two", NULL};
static const struct schema text = {.kind = SCHEMA_TEXT, .null = true, .max = 8};
static const struct schema at = {.kind = SCHEMA_TIME};
static const struct schema word = {.kind = SCHEMA_WORD, .null = true, .words = words};
static const struct schema number = {.kind = SCHEMA_INTEGER, .min = -5, .max = 5};
static const struct schema on = {.kind = SCHEMA_BOOL};
static const struct schema part = {.kind = SCHEMA_NUMBER, .max = 1};
static const struct schema any = {.kind = SCHEMA_OPEN, .max = 64};
static const struct schema_member inner_members[] = {{"w", &word, true, 0, NULL}, {0}};
static const struct schema inner = {.kind = SCHEMA_OBJECT, .members = inner_members};
static const struct schema list = {.kind = SCHEMA_LIST, .items = &inner, .max = 3};
#define MEMBER(name, field, schema) \
    { name, &(schema), false, offsetof(struct body, field), NULL }
static const struct schema_member members[] = {
    MEMBER("t", text, text),     MEMBER("at", at, at),    MEMBER("w", word, word),
    MEMBER("n", number, number), MEMBER("on", on, on),    MEMBER("o", open, any),
    MEMBER("l", list, list),     MEMBER("p", part, part), {0}};
static const struct schema schema = {.kind = SCHEMA_OBJECT, .members = members};

static void check_faults(const struct faults *f) {
    CHECK(f->n > 0 && f->n <= FAULTS_MAX);
    for (size_t i = 0; i < f->n; i++) {
        const struct fault *x = &f->at[i];
        size_t n = strlen(x->place), k = 1;
        CHECK(n < FAULT_PLACE && *x->code && *x->message);
        CHECK(x->parameter || n == 0 || *x->place == '/');
        for (size_t p = 0; p < n && k > 0; p += k) {
            k = utf8_char(x->place + p, n - p);
        }
        CHECK(k > 0);
    }
}

static void read_body(const void *p, size_t n) {
    static const struct json_limits limits = {4096, 16, 256};
    const struct json *v = NULL;
    struct body b;
    struct faults f = {0};
    if (json_read(p, n, &limits, &v, NULL) != OK) {
        return;
    }
    if (schema_read(&schema, v, &b, &f)) {
        CHECK(f.n == 0);
        CHECK(!b.text || strlen(b.text) <= 8);
        CHECK(b.word >= -1 && b.word < 2 && b.number >= -5 && b.number <= 5);
        CHECK(b.part >= 0 && b.part <= 1);
        CHECK(json_count(b.list) <= 3 && !(b.given.null & ~b.given.given));
    } else {
        check_faults(&f);
    }
    json_free(v);
}

static void read_argument(const char *argument) {
    static const struct schema *const kinds[] = {&text, &at, &word, &number, &on};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int64_t room[2];
        struct faults f = {0};
        if (!schema_read_text(kinds[i], "arg", argument, room, &f)) {
            check_faults(&f);
        }
    }
}

static void read_trace(const char *header) {
    struct rng_seeded seed;
    rng_seed(&seed, 1);
    struct rng rng = rng_from_seeded(&seed);
    struct trace t, again;
    char told[TRACE_TEXT];
    trace_begin(&t, header, &rng);
    CHECK(strlen(trace_text(&t, told)) == TRACE_TEXT - 1);
    trace_begin(&again, told, &rng); /* what is told is understood */
    CHECK(strcmp(again.id, t.id) == 0 && strcmp(again.parent, t.span) == 0);
    CHECK(again.sampled == t.sampled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char line[512];
    size_t n = size < sizeof(line) ? size : sizeof(line) - 1;
    if (n) {
        memcpy(line, data, n);
    }
    line[n] = '\0';
    read_body(data, size);
    read_argument(line);
    read_trace(line);
    return 0;
}
