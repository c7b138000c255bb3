#include "bench/load/measure.h"

#include "base/check.h"
#include "bench/clock.h"
#include "server/os/clock.h"

#include <string.h>
#include <time.h>

#define QUIET (250 * US_PER_MS) /* until the last packets and their retransmissions have come */
#define LOOK_EVERY (250 * US_PER_MS)
#define STILL_LOOKS 4             /* so many looks in a row find the same */
#define STILL (128 * 1024)        /* [bytes] that are no difference: buffers that come and go */
#define STILL_MAX (20 * US_PER_S) /* it has to be still by then */

static uint64_t own_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return timespec_ns(&t);
}

static uint64_t missing(const struct crowd *c, unsigned stream) {
    uint64_t n = 0;
    for (unsigned i = 0; i < c->n_viewers; i++) {
        n += rx_stream_missing(&c->viewers[i].stream[stream]);
    }
    return n;
}

/* What is missing shrinks when something comes late. */
static uint64_t grown(uint64_t before, uint64_t now) {
    return now > before ? now - before : 0;
}

/* All counters as they stand. */
static void take(struct target *t, struct crowd *c, struct measured *ret) {
    *ret = (struct measured){.cpu_ns = child_cpu_ns(&t->child),
                             .processor_ns = child_processor_ns(),
                             .generator_ns = own_cpu_ns(),
                             .packets = c->audience.media + c->audience.rtx,
                             .seconds = (double)clock_now() / (double)US_PER_S};
    child_threads(&t->child, &ret->threads);
    for (unsigned i = 0; i < c->n_publishers; i++) {
        ret->sent += c->publishers[i].sent;
    }
}

static void subtract_threads(struct child_threads *t, const struct child_threads *before) {
    for (unsigned i = 0; i < t->n; i++) {
        for (unsigned k = 0; k < before->n; k++) {
            if (strcmp(t->at[i].name, before->at[k].name) == 0) {
                uint64_t old = before->at[k].ns;
                t->at[i].ns -= old < t->at[i].ns ? old : t->at[i].ns;
            }
        }
    }
}

bool measure_window(struct target *t, struct crowd *c, us_t warm, us_t length,
                    struct measured *ret) {
    struct measured begin, end;
    uint64_t audio = missing(c, RX_AUDIO), video = missing(c, RX_VIDEO), drops = crowd_drops(c);
    crowd_play(c, true);
    bool go_on = load_run(t->load, clock_now() + warm);
    take(t, c, &begin);
    c->audience.timing = true;
    go_on = go_on && load_run(t->load, clock_now() + length);
    c->audience.timing = false;
    take(t, c, &end);
    crowd_play(c, false);
    go_on = go_on && load_run(t->load, clock_now() + QUIET);
    uint64_t packets = c->audience.media + c->audience.rtx;
    audio = grown(audio, missing(c, RX_AUDIO));
    video = grown(video, missing(c, RX_VIDEO));
    *ret = (struct measured){.seconds = end.seconds - begin.seconds,
                             .cpu_ns = end.cpu_ns - begin.cpu_ns,
                             .processor_ns = end.processor_ns - begin.processor_ns,
                             .generator_ns = end.generator_ns - begin.generator_ns,
                             .sent = end.sent - begin.sent,
                             .packets = end.packets - begin.packets,
                             .arrived = packets - begin.packets,
                             .missing = audio + video,
                             .missing_video = video,
                             .drops = crowd_drops(c) - drops,
                             .threads = end.threads};
    subtract_threads(&ret->threads, &begin.threads);
    return go_on;
}

bool measure_memory(struct target *t, uint64_t *ret) {
    us_t until = clock_now() + STILL_MAX;
    uint64_t first = 0;
    for (unsigned looks = 0; clock_now() < until; looks++) {
        uint64_t now = child_memory(&t->child);
        if (looks == 0 || now > first + STILL || now + STILL < first) {
            first = now;
            looks = 0;
        } else if (looks == STILL_LOOKS) {
            *ret = now;
            return now > 0;
        }
        if (!load_run(t->load, clock_now() + LOOK_EVERY)) {
            return false;
        }
    }
    return false;
}
