/* Structured log lines on standard error, one write(2) each, so that lines of several threads
 * never mix. JSON: {"ts":"2026-01-02T03:04:05.678Z","level":"info","event":"listening","msg":"..."}
 * plus the fields of the call, escaped by the policy of base/json_write.h; as text, a value that
 * could be read as more than one is in quotes. No line allocates.
 * Tokens and secrets are never passed in here. Thread: any; log_setup before the first thread
 * starts. */
#ifndef ORIEL_SERVER_OS_LOG_H
#define ORIEL_SERVER_OS_LOG_H

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(symbol, name) */
#define LOG_LEVELS(X)           \
    X(LOG_LEVEL_ERROR, "error") \
    X(LOG_LEVEL_WARN, "warn")   \
    X(LOG_LEVEL_INFO, "info")   \
    X(LOG_LEVEL_DEBUG, "debug")
#define LOG_SHAPES(X)         \
    X(LOG_SHAPE_JSON, "json") \
    X(LOG_SHAPE_TEXT, "text")

#define X(sym, name) sym,
enum log_level { LOG_LEVELS(X) };
enum log_shape { LOG_SHAPES(X) };
#undef X

#define LOG_LINE_MAX 2048 /* [bytes] a longer line is cut, but stays valid JSON */

/* A field: text, or a number when text is NULL. */
struct log_field {
    const char *key;
    const char *text;
    int64_t number;
};
#define LOG_STR(key, value) \
    (struct log_field) {    \
        (key), (value), 0   \
    }
#define LOG_NUM(key, value)           \
    (struct log_field) {              \
        (key), NULL, (int64_t)(value) \
    }

struct log_record {
    wall_t at;
    enum log_level level;
    const char *event, *msg;
    const struct log_field *fields;
    size_t n;
};

/* From here on lines have this shape; before, they are JSON from level info on. */
void log_setup(enum log_level level, enum log_shape shape, bool shorten_addresses);
/* Where lines go from here on; call it before the first thread starts. Writing never waits for who
 * reads fd: a pipe or terminal is opened anew without blocking, a socket is sent to so. A line that
 * is not taken is lost and counted, and the next that is taken follows one that says how many. fd
 * is borrowed. Without this call lines go to standard error and may wait. */
void log_to(int fd);
/* Lines lost so far. Any thread. */
uint64_t log_dropped(void);
/* At most so many lines of one event in a second (0: any number). Those beyond are left out and
 * counted; the next line of that event follows one that says how many. Any thread. */
void log_limit_repeats(uint32_t per_second);
/* Lines left out so far. Any thread. */
uint64_t log_repeated(void);
/* Change the level while running (SIGHUP). */
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/* Write a line when the level is enabled. event is a constant word, msg a sentence. */
void log_write(enum log_level level, const char *event, const char *msg,
               const struct log_field *fields, size_t n);
/* The line for a record, '\n' included, into out of at least LOG_LINE_MAX bytes; its length. */
size_t log_format(const struct log_record *r, enum log_shape shape, char *out);
/* An address as the log may show it: when shortening, IPv4 keeps 24 bits and IPv6 48. out holds 64
 * bytes; returns out. Text that is no address becomes "-". */
const char *log_address(const char *address, char *out);

/* LOG(LOG_LEVEL_INFO, "listening", "Ready.", LOG_NUM("port", 8080)); at least one field. */
#define LOG(level, event, msg, ...)                                             \
    log_write((level), (event), (msg), (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
