/* UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF. Text from
 * outside is checked with it before it is shown, logged or stored. Thread: any. */
#ifndef ORIEL_BASE_UTF8_H
#define ORIEL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the UTF-8 character at p (n bytes left), 1..4, or 0 when it is not one. */
size_t utf8_char(const char *p, size_t n);
/* Bytes of the longest beginning of the n bytes at p that has at most `most` and cuts no character
 * apart. */
size_t utf8_cut(const char *p, size_t n, size_t most);
/* A name that may be shown to others: the string s has no control characters, separators of lines,
 * or controls of the direction of writing that reach beyond it. NULL has none. */
bool utf8_printable(const char *s);
/* A message of lines: the same, but that lines may end (LF). */
bool utf8_printable_lines(const char *s);

#endif
