#include "helper/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (128u << 10) /* [bytes] of output in one message */

static void take(uint8_t *out, size_t n) {
    while (n) {
        ssize_t got = read(CHANNEL_FD, out, n);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            _exit(EXIT_FAILURE);
        }
        out += got;
        n -= (size_t)got;
    }
}

static void give(const uint8_t *p, size_t n) {
    while (n) {
        ssize_t put = write(CHANNEL_FD, p, n);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            _exit(EXIT_FAILURE);
        }
        p += put;
        n -= (size_t)put;
    }
}

/* The body of the next message, which must be of this type. */
static size_t take_message(uint8_t type, uint8_t *out, size_t cap) {
    uint8_t head[MESSAGE_HEAD];
    uint32_t n;
    take(head, sizeof(head));
    if (message_length(head, &n) != OK || head[4] != type || n - 1 > cap) {
        _exit(EXIT_FAILURE);
    }
    take(out, n - 1);
    return n - 1;
}

size_t channel_task(uint8_t *out, size_t cap) {
    return take_message(MESSAGE_TASK, out, cap);
}

void channel_say(const struct message *m) {
    uint8_t start[MESSAGE_START_MAX];
    give(start, message_start(m, start));
    give(m->data.p, m->data.n);
}

void channel_read(uint32_t input, uint64_t at, uint8_t *out, uint32_t n) {
    struct message m = {.type = MESSAGE_READ, .index = input, .at = at, .n = n};
    channel_say(&m);
    if (take_message(MESSAGE_DATA, out, n) != n) {
        _exit(EXIT_FAILURE);
    }
}

void channel_bytes(uint8_t type, struct bytes b) {
    while (b.n) {
        size_t n = b.n < CHUNK ? b.n : CHUNK;
        struct message m = {.type = type, .data = bytes_of(b.p, n)};
        channel_say(&m);
        b = bytes_of(b.p + n, b.n - n);
    }
}

void channel_fail(const char *fmt, ...) {
    char text[MESSAGE_TEXT_MAX + 1];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    size_t len = n < 0 ? 0 : n < MESSAGE_TEXT_MAX ? (size_t)n : MESSAGE_TEXT_MAX;
    struct message m = {.type = MESSAGE_FAILED, .data = bytes_of(text, len)};
    channel_say(&m);
    _exit(EXIT_FAILURE);
}
