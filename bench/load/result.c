#include "bench/load/result.h"

#include "bench/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GENERATOR_MAX 0.9 /* of a processor: beyond it, it may be what is measured */
#define SERVER_MAX 0.95
#define STARVED 0.98 /* share of what was sent that must have come; a loss shows apart */

double series_median(const struct series *s) {
    struct series copy;
    if (!s || s->n == 0) {
        return 0;
    }
    copy = *s;
    return median(copy.at, copy.n);
}

void series_add(struct series *s, double value) {
    if (s->n < RESULT_ROUNDS_MAX) {
        s->at[s->n++] = value;
    }
}

void result_invalid(struct result *r, const char *fmt, ...) {
    va_list args;
    if (r->invalid[0]) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(r->invalid, sizeof(r->invalid), fmt, args);
    va_end(args);
}

void result_extra(struct result *r, const char *name, double value) {
    if (r->n_extras < RESULT_EXTRAS_MAX) {
        r->extras[r->n_extras++] = (struct extra){name, value};
    }
}

void result_add(struct result *r, const struct measured *m) {
    double generator = (double)m->generator_ns / m->seconds / 1e9;
    double server = (double)m->cpu_ns / m->seconds / 1e9;
    uint64_t thrown = r->seen.loss * m->arrived / 1000;
    r->rounds++;
    r->packets += m->packets;
    r->missing += m->missing;
    r->missing_video += m->missing_video;
    r->drops += m->drops;
    r->saturated = r->saturated || server > SERVER_MAX;
    for (unsigned i = 0; i < m->threads.n; i++) {
        child_threads_add(&r->threads, m->threads.at[i].name, m->threads.at[i].ns);
    }
    series_add(&r->ns, m->packets ? (double)m->cpu_ns / (double)m->packets : 0);
    series_add(&r->pps, (double)m->packets / m->seconds);
    series_add(&r->server_cpu, server);
    series_add(&r->generator_cpu, generator);
    uint64_t others = m->processor_ns > m->cpu_ns ? m->processor_ns - m->cpu_ns : 0;
    series_add(&r->others, (double)others / m->seconds / 1e9);
    if (generator > GENERATOR_MAX) {
        result_invalid(r, "the generator itself used %.0f %% of its processor", generator * 100);
    }
    if (m->drops > 0) {
        result_invalid(r, "the kernel dropped %llu packets at the generator's sockets",
                       (unsigned long long)m->drops);
    }
    double due = (double)m->sent * r->viewers / (r->publishers ? r->publishers : 1);
    if ((double)(m->arrived + thrown + m->missing) < STARVED * due) {
        result_invalid(r, "viewers got %.0f %% of what was sent to them",
                       (double)m->arrived * 100 / due);
    }
}

void result_finish(struct result *r, const struct crowd *c) {
    r->seen = c->audience;
    r->seen.rng = NULL;
    r->server_drops = crowd_server_drops(c);
    for (unsigned i = 0; i < c->n_viewers; i++) {
        const struct join_times *j = &c->viewers[i].join;
        if (j->asked && j->media) {
            histogram_add(&r->join_media, (us_t)((j->media - j->asked) / 1000));
        }
        if (j->asked && j->picture) {
            histogram_add(&r->join_picture, (us_t)((j->picture - j->asked) / 1000));
        }
    }
    crowd_faults(c, &r->auth_failed, &r->malformed);
    uint64_t packets = 0, trains = 0;
    for (unsigned i = 0; i < c->n_viewers; i++) {
        packets += c->viewers[i].client.received;
        trains += c->viewers[i].client.trains;
    }
    if (packets > trains) {
        result_extra(r, "packets_per_train", (double)packets / (double)trains);
    }
    unsigned failed = crowd_count(c, CLIENT_FAILED);
    if (failed > 0) {
        result_invalid(r, "%u clients failed: %.80s", failed, crowd_why(c));
    }
}
