/* Text that grows: messages, answers and problem documents are written through it. A failed
 * allocation turns `bad` and stays so; writers check once, at the end. The finished text is
 * shared by reference, so that one event goes to a thousand connections as one copy.
 * Owner: the control thread. */
#ifndef ORIEL_SIGNALING_OUT_H
#define ORIEL_SIGNALING_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_text {
    uint32_t refs;
    size_t n, cap; /* [bytes] without the NUL that always follows */
    char p[];
};

struct out {
    struct shared_text *t; /* NULL while nothing is written */
    bool bad;
};

/* The finished text with one reference, or NULL when memory ran out; *o is empty again. */
struct shared_text *out_done(struct out *o);
/* Add a reference; returns t. */
struct shared_text *shared_text_ref(struct shared_text *t);
/* Drop a reference; NULL allowed; returns NULL. */
struct shared_text *shared_text_unref(struct shared_text *t);

/* Append n bytes as they are. */
void out_put(struct out *o, const char *p, size_t n);
/* Append a string as it is. */
void out_str(struct out *o, const char *s);
/* Append formatted text of at most 255 bytes; longer is a broken invariant. */
void out_fmt(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* JSON (RFC 8259). Commas are put where they belong by looking at the last byte. */
void j_open(struct out *o, char bracket);
void j_close(struct out *o, char bracket);
/* A member name; a value must follow. The name is a literal of ours and is not escaped. */
void j_key(struct out *o, const char *name);
/* A string value, escaped; bytes that are not UTF-8 (RFC 3629) become '?', for a browser fails the
 * WebSocket on them. NULL writes null. */
void j_string(struct out *o, const char *s);
void j_string_n(struct out *o, const char *s, size_t n);
void j_int(struct out *o, int64_t v);
void j_bool(struct out *o, bool v);
void j_null(struct out *o);

#endif
