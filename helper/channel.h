/* The helper's end of the stream to the server (recorder/derived/message.h). Any failure of it ends
 * the process: without the server there is nothing to do. One thread. */
#ifndef ORIEL_HELPER_CHANNEL_H
#define ORIEL_HELPER_CHANNEL_H

#include "recorder/derived/message.h"

#define CHANNEL_FD 3

/* The first message, into memory of the caller's: at most `cap` bytes; returns how many. */
size_t channel_task(uint8_t *out, size_t cap);
/* Bytes [at, at+n) of an input into out; n is at most MESSAGE_READ_MAX, and they are there. */
void channel_read(uint32_t input, uint64_t at, uint8_t *out, uint32_t n);
/* Say something. */
void channel_say(const struct message *m);
/* Bytes as messages of this type, as many as it takes. */
void channel_bytes(uint8_t type, struct bytes b);
/* The last words: why it could not be done. Does not return. */
_Noreturn void channel_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
