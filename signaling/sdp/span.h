/* Views of text: lines, words, numbers, parameters. Pure functions; nothing allocates. */
#ifndef ORIEL_SIGNALING_SDP_SPAN_H
#define ORIEL_SIGNALING_SDP_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of the parsed text; not NUL-terminated. */
struct span {
    const char *p;
    size_t n; /* [bytes] */
};

/* The next line of *rest without its line end (CRLF or LF); false at the end. */
bool span_line(struct span *rest, struct span *line);
/* The next word of *rest, separated by single or multiple c; false at the end. */
bool span_word(struct span *rest, char c, struct span *word);
bool span_is(struct span a, const char *text);
bool span_is_nocase(struct span a, const char *text);
bool span_eq(struct span a, struct span b);
/* A decimal number 0..max without sign; false for anything else. */
bool span_number(struct span a, uint32_t max, uint32_t *ret);
/* The value of `name` in "a=1;b=2" as of fmtp (RFC 8866 section 6.15), or an empty span. */
struct span span_param(struct span fmtp, const char *name);

#endif
