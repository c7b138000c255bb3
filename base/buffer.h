/* Bytes that grow: journal lines, manifests, messages, metrics, frames, WebM. Writers append and
 * never look; a buffer that lacks memory or room turns bad and stays as it is until it is cut, so
 * that one check at the end is enough. It either owns its memory and grows, or is fixed: it fills
 * memory of the caller and never allocates, which is what the log needs. Owner: one thread. */
#ifndef ORIEL_BASE_BUFFER_H
#define ORIEL_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUFFER_MAX (64u << 20) /* [bytes] no buffer grows beyond; it turns bad */

/* Zero is an empty buffer that grows. */
struct buffer {
    char *p;       /* a NUL follows the n bytes; NULL while nothing was ever written */
    size_t n, cap; /* [bytes] written; at p, the NUL included */
    bool bad;      /* something did not fit and was left out whole, and all that came after it */
    bool fixed;    /* the memory is the caller's */
    bool secret;   /* set while it is empty: wiped before memory is given back, also by growing */
    bool comma;    /* of json_write.h: a JSON value ends here; every append and cut clears it */
};

/* An empty buffer in the cap bytes at p (cap > 0), which stay the caller's; it has room for
 * cap - 1 bytes and is not freed. */
struct buffer buffer_fixed(char *p, size_t cap);
/* [bytes] that may follow before it turns bad, if memory is there. */
size_t buffer_room(const struct buffer *b);
/* Append n bytes, which may not lie in b; p may be NULL when n is 0. */
void buffer_put(struct buffer *b, const void *p, size_t n);
/* Append a string, without its NUL. */
void buffer_str(struct buffer *b, const char *s);
/* Append as printf does. */
void buffer_printf(struct buffer *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Append n bytes as 2n lower-case hex digits. */
void buffer_hex(struct buffer *b, const void *p, size_t n);
/* Keep the first n bytes (all, when there are fewer) as if nothing had been tried behind them: it
 * is not bad any more. The memory is kept. */
void buffer_cut(struct buffer *b, size_t n);
/* Hand the bytes and the NUL after them to the caller, who frees them with mem_free; NULL when bad.
 * *b, which is not fixed, is an empty buffer then. */
char *buffer_take(struct buffer *b);
/* Free what it owns; *b is an empty buffer that grows. Safe on a zeroed one. */
void buffer_free(struct buffer *b);

#endif
