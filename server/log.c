#include "server/log.h"

#include "base/utf8.h"
#include "server/clock.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static atomic_int log_threshold = LOG_LEVEL_INFO;
static enum log_shape log_shape_now = LOG_SHAPE_JSON;
static bool log_shorten = true;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void log_setup(enum log_level level, enum log_shape shape, bool shorten_addresses) {
    log_set_level(level);
    log_shape_now = shape;
    log_shorten = shorten_addresses;
}

void log_set_level(enum log_level level) {
    atomic_store_explicit(&log_threshold, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level) {
    return (int)level <= atomic_load_explicit(&log_threshold, memory_order_relaxed);
}

/* A line under construction. The tail is reserved for closing what is open. */
struct line {
    char *p, *end;
};

#define LINE_TAIL 8 /* quote, brace, newline and the NUL of snprintf */

static void put_raw(struct line *l, const char *s, size_t n) {
    if (n <= (size_t)(l->end - l->p)) {
        memcpy(l->p, s, n);
        l->p += n;
    } else {
        l->end = l->p; /* full: nothing more, not even shorter pieces */
    }
}

static void put_text(struct line *l, const char *s) {
    put_raw(l, s, strlen(s));
}

/* One character with JSON escaping (RFC 8259 section 7); returns how much of s it used. Bytes that
 * are not UTF-8 become U+FFFD, so one bad name never makes a log line unreadable. */
static size_t put_escaped(struct line *l, const char *s) {
    unsigned char c = (unsigned char)*s;
    char hex[8];
    if (c == '"' || c == '\\') {
        put_raw(l, (char[]){'\\', (char)c}, 2);
    } else if (c < 0x20 || c == 0x7f) {
        snprintf(hex, sizeof(hex), "\\u%04x", c);
        put_raw(l, hex, 6);
    } else {
        size_t n = utf8_char(s, strnlen(s, 4));
        put_raw(l, n ? s : "\\ufffd", n ? n : 6);
        return n ? n : 1;
    }
    return 1;
}

static void put_string(struct line *l, const char *s) {
    put_text(l, "\"");
    while (*s) {
        s += put_escaped(l, s);
    }
}

/* Leaves room for the closing quote whatever happened before. */
static void close_string(struct line *l) {
    *l->p++ = '"';
    if (l->end < l->p) {
        l->end = l->p;
    }
}

static void put_time(struct line *l, wall_t at) {
    time_t s = (time_t)(at.us / US_PER_S);
    struct tm tm;
    char text[48];
    gmtime_r(&s, &tm);
    size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof(text) - n, ".%03dZ", (int)(at.us % US_PER_S / US_PER_MS));
    put_text(l, text);
}

static void put_pair(struct line *l, const char *key, const char *value) {
    /* A pair starts only where its frame ("key":"") fits, so that a cut line stays JSON. */
    if (strlen(key) + 8 > (size_t)(l->end - l->p)) {
        l->end = l->p;
        return;
    }
    l->end -= 1; /* the closing quote */
    put_text(l, ",\"");
    put_text(l, key);
    put_text(l, "\":");
    put_string(l, value);
    close_string(l);
}

static void put_number(struct line *l, const char *key, int64_t value) {
    char text[128];
    int n = snprintf(text, sizeof(text), ",\"%.64s\":%" PRId64, key, value);
    put_raw(l, text, (size_t)n);
}

static void format_json(struct line *l, const struct log_record *r) {
    put_text(l, "{\"ts\":\"");
    put_time(l, r->at);
    put_text(l, "\"");
    put_pair(l, "level", level_names[r->level]);
    put_pair(l, "event", r->event);
    put_pair(l, "msg", r->msg);
    for (size_t i = 0; i < r->n; i++) {
        if (r->fields[i].text) {
            put_pair(l, r->fields[i].key, r->fields[i].text);
        } else {
            put_number(l, r->fields[i].key, r->fields[i].number);
        }
    }
    *l->p++ = '}';
}

static void format_text(struct line *l, const struct log_record *r) {
    put_time(l, r->at);
    put_text(l, " ");
    put_text(l, level_names[r->level]);
    put_text(l, " ");
    put_text(l, r->event);
    put_text(l, ": ");
    for (const char *s = r->msg; *s;) {
        s += put_escaped(l, s);
    }
    for (size_t i = 0; i < r->n; i++) {
        char number[32];
        snprintf(number, sizeof(number), "%" PRId64, r->fields[i].number);
        put_text(l, " ");
        put_text(l, r->fields[i].key);
        put_text(l, "=");
        for (const char *s = r->fields[i].text ? r->fields[i].text : number; *s;) {
            s += put_escaped(l, s);
        }
    }
}

size_t log_format(const struct log_record *r, enum log_shape shape, char *out) {
    struct line l = {out, out + LOG_LINE_MAX - LINE_TAIL};
    if (shape == LOG_SHAPE_JSON) {
        format_json(&l, r);
    } else {
        format_text(&l, r);
    }
    *l.p++ = '\n';
    *l.p = '\0';
    return (size_t)(l.p - out);
}

void log_write(enum log_level level, const char *event, const char *msg,
               const struct log_field *fields, size_t n) {
    if (!log_enabled(level)) {
        return;
    }
    char line[LOG_LINE_MAX];
    struct log_record r = {clock_wall(), level, event, msg ? msg : "", fields, n};
    size_t len = log_format(&r, log_shape_now, line);
    /* A log that cannot be written is nothing the server could report anywhere. */
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}

const char *log_address(const char *address, char *out) {
    unsigned char ip[16];
    bool v4 = inet_pton(AF_INET, address, ip) == 1;
    if (!v4 && inet_pton(AF_INET6, address, ip) != 1) {
        return strcpy(out, "-");
    }
    if (!v4 && memcmp(ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
        memmove(ip, ip + 12, 4); /* an IPv4 client on an IPv6 socket */
        v4 = true;
    }
    if (log_shorten && v4) {
        ip[3] = 0;
    } else if (log_shorten) {
        memset(ip + 6, 0, 10);
    }
    return inet_ntop(v4 ? AF_INET : AF_INET6, ip, out, 64) ? out : strcpy(out, "-");
}
