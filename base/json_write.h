/* JSON (RFC 8259) written at the end of a buffer, in one pass and in the order of the calls, for
 * the journal's lines are hashed and the manifest's is signed. Commas fall into place: the buffer
 * knows that a value ends where it ends, and forgets it with whatever else is appended, so that a
 * text may follow any bytes and lines of JSON need only their newlines.
 *
 * Text of others is written by one policy. Quote, backslash, the control characters and DEL are
 * escaped. A byte that is not part of a UTF-8 character (RFC 3629) becomes '?', one for one: a
 * browser closes a WebSocket on bad UTF-8, and a name that was cut within a character still fits
 * the array from which it came after it has been read back.
 *
 * In every call `key` names the member of an object (a literal of ours, not escaped); NULL writes a
 * value alone: in an array, at the top, or after json_key. Thread: as the buffer. */
#ifndef ORIEL_BASE_JSON_WRITE_H
#define ORIEL_BASE_JSON_WRITE_H

#include "base/buffer.h"

/* Begin an object with '{' or an array with '['. */
void json_open(struct buffer *b, const char *key, char bracket);
/* End it with '}' or ']'. */
void json_close(struct buffer *b, char bracket);
/* Only the name of a member, for a value that is written by a function of its own. */
void json_key(struct buffer *b, const char *key);

/* A string; NULL writes null. */
void json_put_string(struct buffer *b, const char *key, const char *s);
/* The n bytes at s as a string; NULs are escaped as any control character. */
void json_put_string_n(struct buffer *b, const char *key, const char *s, size_t n);
void json_put_int(struct buffer *b, const char *key, int64_t v);
void json_put_uint(struct buffer *b, const char *key, uint64_t v);
void json_put_bool(struct buffer *b, const char *key, bool v);
void json_put_null(struct buffer *b, const char *key);
/* JSON that was read, or made by this, as it is. */
void json_put_raw(struct buffer *b, const char *key, const char *json);
/* n bytes as a string of 2n lower-case hex digits. */
void json_put_hex(struct buffer *b, const char *key, const void *p, size_t n);
/* A 64-bit handle as a string of 16 hex digits: numbers of JavaScript are exact up to 2^53 only. */
void json_put_handle(struct buffer *b, const char *key, uint64_t v);

/* The inside of a string: n bytes escaped, without quotes. */
void json_escape(struct buffer *b, const char *s, size_t n);
/* How many of the n bytes at s json_escape writes in at most `room` bytes; whole characters only.
 */
size_t json_escape_fit(const char *s, size_t n, size_t room);

#endif
