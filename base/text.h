/* Text that grows. The recorder writes JSON by hand with it, in one pass and in a fixed order of
 * keys, for the journal's lines are hashed and the manifest's is signed. Owner: one thread. */
#ifndef ORIEL_BASE_TEXT_H
#define ORIEL_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MAX (64u << 20) /* [bytes] */

/* Zero is an empty text. After a failed allocation (or TEXT_MAX) it turns bad and stays as it is.
 */
struct text {
    char *p; /* NUL-terminated when not NULL */
    size_t n, cap;
    bool bad;
};

/* Append as printf does. */
void text_add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append bytes as they are. */
void text_bytes(struct text *t, const void *p, size_t n);
/* Append lower-case hex. */
void text_hex(struct text *t, const void *p, size_t n);
/* Append a JSON string with quotes (RFC 8259 section 7) of s, which ends at its NUL or after max
 * bytes. Bytes that are not UTF-8 become '?'. */
void text_json(struct text *t, const char *s, size_t max);
/* Keep the first n bytes. */
void text_cut(struct text *t, size_t n);
/* Hand the text to the caller, who frees it with mem_free; NULL when bad. *t is empty then. */
char *text_take(struct text *t);
void text_free(struct text *t);

#endif
