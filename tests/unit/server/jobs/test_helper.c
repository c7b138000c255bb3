/* The media helper and its sandbox: a real process for each test. */
#include "base/buffer.h"
#include "server/jobs/helper.h"
#include "server/os/clock.h"
#include "tests/unit/server/jobs/helper_run.h"
#include "tests/unit/test.h"

#include <stdlib.h>

static struct helper_config config(void) {
    return (struct helper_config){
        .program = ORIEL_MEDIA, .memory_mib = 1024, .cpu_s = 60, .silence = 20 * US_PER_S};
}

TEST(helper_sandbox_lets_nothing_through) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_PROBE};
    struct helper_run r = {0};
    EXPECT_EQ(helper_run(&c, &t, &r), OK);
    EXPECT_EQ(r.probes, 1);
    EXPECT_EQ(r.probe, 0);
    helper_run_free(&r);
}

TEST(helper_that_hangs_is_stopped) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_LOOP};
    struct helper_run r = {0};
    c.silence = 300 * US_PER_MS;
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_IO);
    EXPECT(strstr(r.why, "silent"));
    helper_run_free(&r);
}

TEST(helper_that_computes_for_too_long_is_stopped) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_LOOP};
    struct helper_run r = {0};
    c.cpu_s = 1;
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_IO);
    EXPECT_STR(r.why, "the media helper used up its processor time");
    helper_run_free(&r);
}

/* A sanitizer reserves more address space than there is memory: there is no such limit then. */
TEST(helper_that_hoards_memory_is_refused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    printf("# the helper's limit of memory, in a build with sanitizers: NOT checked\n");
#else
    struct helper_config c = config();
    struct task t = {.kind = TASK_HOARD};
    struct helper_run r = {0};
    c.memory_mib = 256;
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_UNSUPPORTED);
    EXPECT_STR(r.why, "media helper: out of memory");
    helper_run_free(&r);
#endif
}

TEST(helper_that_is_not_there_is_said) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_PROBE};
    struct helper_run r = {0};
    c.program = "/nowhere/oriel-media";
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_UNKNOWN);
    EXPECT(strstr(r.why, "/nowhere/oriel-media"));
    helper_run_free(&r);
}

/* Something else than a helper: what it says is no message, or nothing. */
TEST(helper_that_is_another_program_is_an_error) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_PROBE};
    struct helper_run r = {0};
    c.program = "/bin/true";
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_IO);
    EXPECT(strstr(r.why, "ended early"));
    helper_run_free(&r);
}

/* Bytes that are no media, and files that are cut or changed anywhere: an error or a result, never
 * anything else, and the next task is not harmed. */
TEST(helper_survives_what_is_no_media) {
    struct helper_config c = config();
    uint8_t noise[20000];
    for (size_t i = 0; i < sizeof(noise); i++) {
        noise[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    static const uint8_t kinds[] = {TASK_THUMBNAILS, TASK_WAVEFORM, TASK_EXPORT};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct task t = {
            .kind = kinds[k], .width = 320, .height = 180, .fps = 10, .duration = US_PER_S};
        struct task_input in = {.size = sizeof(noise), .end = US_PER_S};
        struct task_moment m = {0};
        in.format = k % 2 ? TASK_FORMAT_MP4 : TASK_FORMAT_WEBM;
        REQUIRE(task_add_input(&t, &in) == OK && task_add_moment(&t, &m) == OK);
        struct helper_run r = {.input = {bytes_of(noise, sizeof(noise))}};
        EXPECT_EQ(helper_run(&c, &t, &r), OK);
        EXPECT_EQ(r.pictures, 0);
        EXPECT_EQ(r.windows, 0);
        helper_run_free(&r);
        task_clear(&t);
    }
}

/* The server's answer fails: an object is damaged, say. */
TEST(helper_ends_with_the_error_of_its_input) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_WAVEFORM, .duration = US_PER_S};
    struct task_input in = {.size = 1000, .end = US_PER_S};
    REQUIRE(task_add_input(&t, &in) == OK);
    struct helper_run r = {.fail = ERR_AUTH};
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_AUTH);
    EXPECT_STR(r.why, "not_authentic");
    helper_run_free(&r);
    r = (struct helper_run){.fail = ERR_AGAIN}; /* no reason to go on without what was asked for */
    EXPECT_EQ(helper_run(&c, &t, &r), ERR_IO);
    EXPECT_STR(r.why, "io"); /* and at once, not after a silence */
    helper_run_free(&r);
    task_clear(&t);
}

TEST(helper_can_be_killed_at_any_time) {
    struct helper_config c = config();
    struct task t = {.kind = TASK_LOOP};
    struct helper *h = NULL;
    struct helper_calls none = {0};
    char why[WHY_MAX];
    REQUIRE(helper_start(&c, &t, &none, &h, why) == OK);
    EXPECT_EQ(helper_step(h, clock_now(), why), ERR_AGAIN);
    EXPECT(helper_free(h) == NULL);
    EXPECT(helper_free(NULL) == NULL);
}
