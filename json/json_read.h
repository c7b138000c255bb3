/* JSON (RFC 8259) of others, read: the counterpart of base/json_write.h, and the only place that
 * knows jansson.
 *
 * DESIGN. What a text may cost is bounded before anything is allocated for it: its size, how deep
 * it nests, and how many values it holds are looked at in one pass. What is read then is strict: an
 * object, in UTF-8, with every member once (RFC 8259 section 4 leaves open what two would mean), no
 * NUL in a string or a name, whole numbers within int64_t. Readers of members are total: they take
 * NULL, which is what is absent, and a value of another kind is never made one of theirs.
 *
 * A value is immutable and lives as long as its document. Thread: any, after json_init. */
#ifndef ORIEL_JSON_JSON_READ_H
#define ORIEL_JSON_JSON_READ_H

#include "base/buffer.h"
#include "base/err.h"
#include "json/json_place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* a value */

struct json_limits {
    size_t bytes;   /* of the text */
    unsigned depth; /* of objects and lists within each other; at most JSON_DEPTH_MAX */
    size_t values; /* brackets that open, and commas: each value has one, but the first of a list or
                      object. One costs up to 150 bytes once it is read */
};

/* What is wrong with a text, for people. */
struct json_error {
    struct json_place at;
    char what[160];
};

/* Once in a process, before any other thread and before anything is read: allocations go through
 * base/alloc.h, and the order of hash tables comes from the seed, so that nobody can choose names
 * that collide. */
void json_init(uint64_t seed);

/* Read the n bytes at text. *ret is freed with json_free. why may be NULL. ERR_LONG: too many bytes
 * or values; ERR_RANGE: too deep; ERR_EXISTS: a member twice; ERR_FORMAT: no JSON, or no object;
 * ERR_NOMEM. *ret is untouched then, and *why says more. */
enum err json_read(const void *text, size_t n, const struct json_limits *limits,
                   const struct json **ret, struct json_error *why);
/* Free a document, and with it all its values; NULL allowed. */
void json_free(const struct json *document);

enum json_kind {
    JSON_KIND_ABSENT, /* NULL */
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INTEGER,
    JSON_KIND_REAL, /* a number with a fraction or an exponent */
    JSON_KIND_STRING,
    JSON_KIND_LIST,
    JSON_KIND_OBJECT
};
enum json_kind json_kind(const struct json *v);

/* The member of an object; NULL: it has none of that name, or v is no object. */
const struct json *json_member(const struct json *v, const char *name);
/* The same, where null means absent. */
const struct json *json_member_set(const struct json *v, const char *name);
/* Members of an object or items of a list; 0 of anything else. */
size_t json_count(const struct json *v);
/* Item i of a list; NULL: there is none, or v is no list. */
const struct json *json_item(const struct json *v, size_t i);

/* Where a walk over the members of an object is; zero before the first. */
struct json_walk {
    const char *name; /* borrowed from the object */
    const struct json *value;
    void *next;
    bool begun;
};
/* The next member, in the order of the text, in *w; false: no more, or v is no object. */
bool json_next(const struct json *v, struct json_walk *w);

/* The string, borrowed, and its length in bytes (ret_n may be NULL): a NUL follows it, none is in
 * it. NULL and 0: v is no string. */
const char *json_get_string(const struct json *v, size_t *ret_n);
/* Is it this string? */
bool json_string_is(const struct json *v, const char *s);
/* Copy a string of at most cap - 1 bytes; false, and out is empty: it is none, or longer. */
bool json_get_text(const struct json *v, char *out, size_t cap);
/* The same, where absent means empty. */
bool json_get_text_if_any(const struct json *v, char *out, size_t cap);
/* A string of 2n hex digits as n bytes; false: it is none, and out is undefined. */
bool json_get_hex(const struct json *v, uint8_t *out, size_t n);
/* A whole number within min..max; false, and *ret is untouched: it is none. 1.0 is none. */
bool json_get_int(const struct json *v, int64_t min, int64_t max, int64_t *ret);
/* The same within 0..max. */
bool json_get_uint(const struct json *v, uint64_t max, uint64_t *ret);
/* Any number. */
bool json_get_number(const struct json *v, double *ret);
/* true or false. */
bool json_get_bool(const struct json *v, bool *ret);
/* Is it true? Anything else is not. */
bool json_says_true(const struct json *v);

/* Append v, in as few bytes as it takes; bad, and whatever fits, when memory is out. */
void json_put_compact(struct buffer *b, const struct json *v);
/* Append v as text for people: two spaces for each level, and `spaces` before every line but the
 * first. */
void json_put_indented(struct buffer *b, const struct json *v, unsigned spaces);

#endif
