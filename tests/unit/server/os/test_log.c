#include "server/os/log.h"
#include "server/os/log_repeats.h"
#include "tests/unit/test.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <unistd.h>

static char line[LOG_LINE_MAX];

static json_t *logged(const struct log_field *f, size_t n, const char *msg) {
    struct log_record r = {{1767323045678901}, LOG_LEVEL_WARN, "an_event", msg, f, n};
    size_t len = log_format(&r, LOG_SHAPE_JSON, line);
    EXPECT(len <= LOG_LINE_MAX && len == strlen(line) && line[len - 1] == '\n');
    EXPECT_EQ(strcspn(line, "\n"), len - 1);
    json_t *o = json_loads(line, 0, NULL);
    EXPECT(json_is_object(o));
    return o;
}

static const char *text(const json_t *o, const char *key) {
    return json_string_value(json_object_get(o, key));
}

TEST(log_json_line) {
    struct log_field f[] = {LOG_STR("conn", "c1"), LOG_NUM("status", -404)};
    json_t *o = logged(f, 2, "Hello.");
    EXPECT_STR(line,
               "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\",\"event\":\"an_event\","
               "\"msg\":\"Hello.\",\"conn\":\"c1\",\"status\":-404}\n");
    json_decref(o);
}

TEST(log_escapes) {
    const char *nasty = "a\"b\\c\n\r\t\x01\x7f d\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8f\xa0";
    struct log_field f[] = {LOG_STR("name", nasty)};
    json_t *o = logged(f, 1, nasty);
    EXPECT_STR(text(o, "name"), nasty);
    EXPECT_STR(text(o, "msg"), nasty);
    json_decref(o);
}

TEST(log_replaces_what_is_not_utf8) {
    static const struct {
        const char *in, *out;
    } rows[] = {{"a\xff z", "a? z"},
                {"\xc3", "?"},
                {"\xc0\xaf", "??"},
                {"\xed\xa0\x80", "???"},
                {"\xf4\x90\x80\x80", "????"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct log_field f[] = {LOG_STR("x", rows[i].in)};
        json_t *o = logged(f, 1, "");
        EXPECT_STR(text(o, "x"), rows[i].out);
        json_decref(o);
    }
}

/* A line of any size is cut to a valid one. */
TEST(log_long_lines_stay_json) {
    static char big[LOG_LINE_MAX + 100];
    for (size_t n = LOG_LINE_MAX - 200; n < sizeof(big); n++) {
        memset(big, n % 3 ? 'a' : '"', n);
        big[n] = '\0';
        struct log_field f[] = {LOG_STR("big", big), LOG_STR("next", "value"), LOG_NUM("n", 7)};
        json_decref(logged(f, 3, "m"));
    }
}

TEST(log_text_line) {
    struct log_field f[] = {LOG_STR("a", "x\ny"), LOG_NUM("n", 3)};
    struct log_record r = {{0}, LOG_LEVEL_INFO, "e", "Msg.", f, 2};
    log_format(&r, LOG_SHAPE_TEXT, line);
    EXPECT_STR(line, "1970-01-01T00:00:00.000Z info e: Msg. a=\"x\\ny\" n=3\n");
}

static const char *as_text(const char *msg, const char *value) {
    struct log_field f[] = {LOG_STR("a", value), LOG_NUM("n", 3)};
    struct log_record r = {{0}, LOG_LEVEL_INFO, "e", msg, f, 2};
    log_format(&r, LOG_SHAPE_TEXT, line);
    return line + strlen("1970-01-01T00:00:00.000Z info e: ");
}

/* Whoever chooses a value, an Origin say, can add no field and end no quote. */
TEST(log_text_values_cannot_forge_fields) {
    EXPECT_STR(as_text("Msg.", "https://a.example:1"), "Msg. a=https://a.example:1 n=3\n");
    EXPECT_STR(as_text("Msg.", "x sub=admin"), "Msg. a=\"x sub=admin\" n=3\n");
    EXPECT_STR(as_text("Msg.", "x\" b=\"y"), "Msg. a=\"x\\\" b=\\\"y\" n=3\n");
    EXPECT_STR(as_text("Msg.", "x\\"), "Msg. a=\"x\\\\\" n=3\n");
    EXPECT_STR(as_text("Msg.", "x=y"), "Msg. a=\"x=y\" n=3\n");
    EXPECT_STR(as_text("Msg.", ""), "Msg. a=\"\" n=3\n");
    EXPECT_STR(as_text("of him: a=b", "x"), "\"of him: a=b\" a=x n=3\n");
    static char big[LOG_LINE_MAX + 100];
    memset(big, ' ', sizeof(big) - 1);
    for (size_t n = LOG_LINE_MAX - 200; n < LOG_LINE_MAX; n++) {
        char *whole = big + sizeof(big) - 1 - n;
        const char *text = as_text("m", whole);
        const char *begin = strchr(text, '"');
        EXPECT(begin && strchr(begin + 1, '"')); /* however it is cut, the quote ends */
    }
}

TEST(log_repeats_are_limited_per_event_and_second) {
    static struct log_repeats r;
    static const char one[] = "one", two[] = "two";
    uint64_t untold = 7;
    memset(&r, 0, sizeof(r));
    for (int i = 0; i < 3; i++) {
        EXPECT(log_repeats_admit(&r, one, 5 * US_PER_S + i, 3, &untold));
        EXPECT_EQ(untold, 0);
    }
    EXPECT(!log_repeats_admit(&r, one, 6 * US_PER_S - 2, 3, &untold));
    EXPECT(!log_repeats_admit(&r, one, 6 * US_PER_S - 1, 3, &untold));
    EXPECT(log_repeats_admit(&r, two, 6 * US_PER_S - 1, 3, &untold)); /* others go on */
    EXPECT_EQ(untold, 0);
    EXPECT(log_repeats_admit(&r, one, 6 * US_PER_S, 3, &untold));
    EXPECT_EQ(untold, 2);
    EXPECT(log_repeats_admit(&r, one, 6 * US_PER_S, 3, &untold));
    EXPECT_EQ(untold, 0); /* said once */
}

/* More events than there is room for share a count, and none is lost. */
TEST(log_repeats_of_too_many_events) {
    static struct log_repeats r;
    static char events[8 * LOG_REPEATS_EVENTS * 8];
    unsigned admitted = 0;
    uint64_t untold = 0;
    memset(&r, 0, sizeof(r));
    for (size_t i = 0; i < sizeof(events); i += 8) {
        admitted += log_repeats_admit(&r, events + i, US_PER_S, 1, &untold);
    }
    EXPECT(admitted > LOG_REPEATS_EVENTS / 2 && admitted <= LOG_REPEATS_EVENTS + 1);
    unsigned long long left_out = 0;
    for (size_t i = 0; i <= LOG_REPEATS_EVENTS; i++) {
        left_out += r.of[i].untold;
    }
    EXPECT_EQ(left_out, sizeof(events) / 8 - admitted);
}

TEST(log_tells_of_repeats) {
    static char text[1 << 16];
    int fd[2];
    REQUIRE(pipe(fd) == 0);
    uint64_t before = log_repeated();
    log_to(fd[1]);
    log_limit_repeats(2);
    for (int i = 0; i < 50; i++) {
        LOG(LOG_LEVEL_WARN, "of_strangers", "Somebody.", LOG_NUM("i", i));
    }
    log_limit_repeats(0);
    log_to(STDERR_FILENO);
    close(fd[1]);
    ssize_t n = read(fd[0], text, sizeof(text) - 1);
    close(fd[0]);
    REQUIRE(n > 0);
    text[n] = '\0';
    unsigned lines = 0;
    for (const char *p = text; (p = strstr(p, "\"of_strangers\",\"msg\"")) != NULL; p++) {
        lines++;
    }
    EXPECT_EQ(lines + log_repeated() - before, 50);
    EXPECT(log_repeated() - before >= 40); /* a second may have begun in between, or two */
}

TEST(log_levels) {
    log_set_level(LOG_LEVEL_WARN);
    EXPECT(log_enabled(LOG_LEVEL_ERROR) && log_enabled(LOG_LEVEL_WARN));
    EXPECT(!log_enabled(LOG_LEVEL_INFO) && !log_enabled(LOG_LEVEL_DEBUG));
    log_set_level(LOG_LEVEL_INFO);
}

TEST(log_addresses) {
    char out[64];
    log_setup(LOG_LEVEL_INFO, LOG_SHAPE_JSON, true);
    EXPECT_STR(log_address("192.0.2.77", out), "192.0.2.0");
    EXPECT_STR(log_address("::ffff:192.0.2.77", out), "192.0.2.0");
    EXPECT_STR(log_address("2001:db8:1:2:3::4", out), "2001:db8:1::");
    EXPECT_STR(log_address("garbage\n", out), "-");
    log_setup(LOG_LEVEL_INFO, LOG_SHAPE_JSON, false);
    EXPECT_STR(log_address("192.0.2.77", out), "192.0.2.77");
    log_setup(LOG_LEVEL_INFO, LOG_SHAPE_JSON, true);
}

static char got[1 << 22];

/* All that waits for the reader, as text. */
static const char *drain(int reader) {
    size_t n = 0;
    for (ssize_t more = 1; more > 0 && n<sizeof(got) - 1; n += more> 0 ? (size_t)more : 0) {
        more = read(reader, got + n, sizeof(got) - 1 - n);
    }
    got[n] = '\0';
    return got;
}

/* Nobody reads: lines are lost and counted, and nothing waits. Then somebody does. */
static void stall(int reader, int writer) {
    uint64_t before = log_dropped();
    EXPECT_EQ(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
    log_to(writer);
    alarm(20); /* ends the test program if a write waits */
    for (int i = 0; i < 100000 && log_dropped() < before + 100; i++) {
        LOG(LOG_LEVEL_WARN, "crowd", "Somebody came.", LOG_NUM("number", i));
    }
    alarm(0);
    EXPECT_EQ(log_dropped(), before + 100);
    EXPECT_EQ(fcntl(writer, F_GETFL) & O_NONBLOCK, 0); /* as others share it */
    EXPECT(strstr(drain(reader), "\"number\":0}"));
    LOG(LOG_LEVEL_WARN, "after", "There is room again.", LOG_NUM("number", 1));
    const char *told = strstr(drain(reader), "\"event\":\"log_dropped\"");
    EXPECT(told && strstr(told, "\"lines\":100}") && strstr(told, "\"after\""));
    log_to(STDERR_FILENO);
    close(reader);
    close(writer);
}

TEST(log_never_waits_for_the_reader_of_a_pipe) {
    int fd[2];
    REQUIRE(pipe(fd) == 0);
    stall(fd[0], fd[1]);
}

TEST(log_never_waits_for_the_reader_of_a_socket) {
    int fd[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    stall(fd[0], fd[1]);
}
