#include "server/os/log.h"

#include "base/json_write.h"
#include "server/os/clock.h"
#include "server/os/log_repeats.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int log_threshold = LOG_LEVEL_INFO;
static enum log_shape log_shape_now = LOG_SHAPE_JSON;
static bool log_shorten = true;
static int sink = STDERR_FILENO;
static bool sink_is_socket;
static atomic_ullong dropped, untold; /* lines; untold: no line has said so yet */
static atomic_ullong repeated;
static atomic_uint most_repeats; /* of one event in a second; 0 = any number */
static struct log_repeats repeats;

#define X(sym, name) name,
static const char *const level_names[] = {LOG_LEVELS(X)};
#undef X

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

#define LINE_TAIL 3 /* [bytes] brace, newline and NUL, which always find room */

/* A pair of text starts only where its frame (,"key":"") fits, and its value is cut to what fits,
 * so that a line of any length stays JSON. After the first that does not fit nothing follows. */
static void put_text(struct buffer *b, const char *key, const char *value) {
    size_t frame = strlen(key) + 6;
    if (frame > buffer_room(b)) {
        b->bad = true;
        return;
    }
    size_t n = strlen(value), fits = json_escape_fit(value, n, buffer_room(b) - frame);
    json_put_string_n(b, key, value, fits);
    b->bad = fits < n;
}

static void put_number(struct buffer *b, const char *key, int64_t value) {
    if (strlen(key) + 4 + 20 > buffer_room(b)) { /* INT64_MIN has 20 characters */
        b->bad = true;
        return;
    }
    json_put_int(b, key, value);
}

static void format_json(struct buffer *b, const struct log_record *r) {
    char at[WALL_TEXT_MAX];
    json_open(b, NULL, '{');
    put_text(b, "ts", wall_text(r->at, at));
    put_text(b, "level", level_names[r->level]);
    put_text(b, "event", r->event);
    put_text(b, "msg", r->msg);
    for (size_t i = 0; i < r->n; i++) {
        if (r->fields[i].text) {
            put_text(b, r->fields[i].key, r->fields[i].text);
        } else {
            put_number(b, r->fields[i].key, r->fields[i].number);
        }
    }
}

/* Escaped as in JSON, and cut to what fits. In quotes where it has one of the characters that
 * structure a line, or is empty: whoever chooses a value must not be able to add a field. */
static void put_plain(struct buffer *b, const char *s, const char *structure) {
    size_t n = strlen(s), quotes = n == 0 || s[strcspn(s, structure)] ? 2 : 0;
    if (buffer_room(b) < quotes) {
        b->bad = true;
        return;
    }
    size_t fits = json_escape_fit(s, n, buffer_room(b) - quotes);
    buffer_str(b, quotes ? "\"" : "");
    json_escape(b, s, fits);
    buffer_str(b, quotes ? "\"" : "");
    b->bad = b->bad || fits < n;
}

static void format_text(struct buffer *b, const struct log_record *r) {
    char at[WALL_TEXT_MAX];
    buffer_printf(b, "%s %s %s: ", wall_text(r->at, at), level_names[r->level], r->event);
    put_plain(b, r->msg, "=\"\\\n\r");
    for (size_t i = 0; i < r->n; i++) {
        buffer_printf(b, " %s=", r->fields[i].key);
        if (r->fields[i].text) {
            put_plain(b, r->fields[i].text, " =\"\\\n\r\t");
        } else {
            buffer_printf(b, "%" PRId64, r->fields[i].number);
        }
    }
}

size_t log_format(const struct log_record *r, enum log_shape shape, char *out) {
    struct buffer b = buffer_fixed(out, LOG_LINE_MAX - LINE_TAIL + 1);
    if (shape == LOG_SHAPE_JSON) {
        format_json(&b, r);
        out[b.n++] = '}';
    } else {
        format_text(&b, r);
    }
    out[b.n++] = '\n';
    out[b.n] = '\0';
    return b.n;
}

void log_to(int fd) {
    struct stat st;
    char path[64];
    bool known = fstat(fd, &st) == 0;
    if (sink != STDERR_FILENO && !sink_is_socket) {
        close(sink);
    }
    sink_is_socket = known && S_ISSOCK(st.st_mode);
    sink = fd;
    if (known && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))) {
        /* A description of our own: others who share fd must not find it non-blocking. */
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        int own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        sink = own >= 0 ? own : fd;
    }
}

uint64_t log_dropped(void) {
    return atomic_load_explicit(&dropped, memory_order_relaxed);
}

/* A line is shorter than what pipes (POSIX: PIPE_BUF) and local sockets take whole or not at all.
 */
static bool put_line(const char *line, size_t n) {
    ssize_t done =
        sink_is_socket ? send(sink, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) : write(sink, line, n);
    return done == (ssize_t)n;
}

void log_limit_repeats(uint32_t per_second) {
    atomic_store_explicit(&most_repeats, per_second, memory_order_relaxed);
}

uint64_t log_repeated(void) {
    return atomic_load_explicit(&repeated, memory_order_relaxed);
}

/* False: there are enough lines of this event in this second. */
static bool within_repeats(const char *event) {
    unsigned most = atomic_load_explicit(&most_repeats, memory_order_relaxed);
    uint64_t left_out = 0;
    if (!most) {
        return true;
    }
    if (!log_repeats_admit(&repeats, event, clock_now(), most, &left_out)) {
        atomic_fetch_add_explicit(&repeated, 1, memory_order_relaxed);
        return false;
    }
    if (left_out) {
        char line[LOG_LINE_MAX];
        struct log_field f[] = {LOG_STR("of", event), LOG_NUM("lines", left_out)};
        struct log_record r = {clock_wall(),
                               LOG_LEVEL_WARN,
                               "log_repeated",
                               "Lines of this event were left out: too many.",
                               f,
                               2};
        (void)put_line(line, log_format(&r, log_shape_now, line)); /* the metric has it anyway */
    }
    return true;
}

static bool tell_dropped(void) {
    unsigned long long n = atomic_exchange_explicit(&untold, 0, memory_order_relaxed);
    char line[LOG_LINE_MAX];
    struct log_field lines = LOG_NUM("lines", n);
    struct log_record r = {clock_wall(),  LOG_LEVEL_WARN,
                           "log_dropped", "Whoever reads the log did not take these lines.",
                           &lines,        1};
    if (n == 0 || put_line(line, log_format(&r, log_shape_now, line))) {
        return true;
    }
    atomic_fetch_add_explicit(&untold, n, memory_order_relaxed);
    return false;
}

void log_write(enum log_level level, const char *event, const char *msg,
               const struct log_field *fields, size_t n) {
    if (!log_enabled(level) || !within_repeats(event)) {
        return;
    }
    char line[LOG_LINE_MAX];
    struct log_record r = {clock_wall(), level, event, msg ? msg : "", fields, n};
    size_t len = log_format(&r, log_shape_now, line);
    if (!tell_dropped() || !put_line(line, len)) {
        atomic_fetch_add_explicit(&dropped, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&untold, 1, memory_order_relaxed);
    }
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
