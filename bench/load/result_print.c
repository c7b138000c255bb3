#include "bench/load/result.h"

#include "base/json_write.h"

#include <stdio.h>

#define OTHERS_MAX 0.1 /* of the servers' processor; delays tell of other processes then */

static double ms(us_t t) {
    return (double)t / (double)US_PER_MS;
}

/* ---- for people ---- */

static void print_times(const struct result *r) {
    const struct histogram *d = &r->seen.delay, *m = &r->join_media, *p = &r->join_picture;
    if (d->n > 0) {
        printf("           delay p50 %.2f p99 %.2f max %.2f ms", histogram_ms(d, 0.5),
               histogram_ms(d, 0.99), ms(d->max));
    }
    if (m->n > 0) {
        printf("%sjoin to media p50 %.0f p99 %.0f ms, to picture p50 %.0f p99 %.0f ms",
               d->n > 0 ? "; " : "           ", histogram_ms(m, 0.5), histogram_ms(m, 0.99),
               histogram_ms(p, 0.5), histogram_ms(p, 0.99));
    }
    printf("%s", d->n > 0 || m->n > 0 ? "\n" : "");
}

static void print_faults(const struct result *r) {
    const struct audience *a = &r->seen;
    uint64_t bad = r->auth_failed + r->malformed + a->damaged + a->reused + a->duplicate + a->stray;
    printf("           lost %llu of %llu (video %llu), late %llu, %llu opened",
           (unsigned long long)r->missing, (unsigned long long)r->packets,
           (unsigned long long)r->missing_video, (unsigned long long)a->late,
           (unsigned long long)a->opened);
    if (r->server_drops > 0) {
        printf(", the server's sockets overflowed by %llu", (unsigned long long)r->server_drops);
    }
    if (a->nacked > 0) {
        printf("; asked for %llu again, got %llu (p50 %.0f p99 %.0f ms)",
               (unsigned long long)a->nacked, (unsigned long long)a->repaired,
               histogram_ms(&a->repair, 0.5), histogram_ms(&a->repair, 0.99));
    }
    if (bad > 0) {
        printf("; BAD: %llu not authentic, %llu malformed, %llu damaged, %llu indices reused, "
               "%llu duplicates, %llu strays",
               (unsigned long long)r->auth_failed, (unsigned long long)r->malformed,
               (unsigned long long)a->damaged, (unsigned long long)a->reused,
               (unsigned long long)a->duplicate, (unsigned long long)a->stray);
    }
    printf("\n");
}

static void print_threads(const struct result *r) {
    printf("           of which");
    for (unsigned i = 0; i < r->threads.n; i++) {
        double ns = r->packets ? (double)r->threads.at[i].ns / (double)r->packets : 0;
        if (ns >= 1) {
            printf("  %s %.0f", r->threads.at[i].name, ns);
        }
    }
    printf(" ns\n");
}

static void print_ratio(const char *name, const struct series *s) {
    if (s->n > 0) {
        printf("  %5.2f x %s", series_median(s), name);
    }
}

static void print_result(const struct result *r) {
    printf("  %-7s", r->target);
    if (r->absent[0]) {
        printf("  not measured: %s\n", r->absent);
        return;
    }
    if (r->ns.n > 0 && r->packets > 0) {
        printf("  %6.0f ns", series_median(&r->ns));
        print_ratio("floor", &r->vs_floor);
        print_ratio("floor/8", &r->vs_frames);
        print_ratio("janus", &r->vs_janus);
        printf("  %7.0f/s  server %3.0f %%  generator %3.0f %%", series_median(&r->pps),
               series_median(&r->server_cpu) * 100, series_median(&r->generator_cpu) * 100);
    }
    if (r->viewer_bytes > 0) {
        printf("  %.0f KiB/viewer", r->viewer_bytes / 1024);
    }
    if (series_median(&r->others) > OTHERS_MAX) {
        printf("  BUSY: others took %.0f %%", series_median(&r->others) * 100);
    }
    printf("%s\n", r->saturated ? "  SATURATED" : "");
    if (r->invalid[0]) {
        printf("           INVALID: %s\n", r->invalid);
    }
    print_times(r);
    if (r->packets > 0) {
        print_threads(r);
        print_faults(r);
    }
    for (unsigned i = 0; i < r->n_extras; i++) {
        printf("           %s %.2f\n", r->extras[i].name, r->extras[i].value);
    }
}

void result_print(const struct scenario_result *s) {
    static const unsigned trains[RESULT_TRAINS] = {1, 2, 4, 8};
    const struct result *first = s->n ? s->results[0] : NULL;
    printf("%s", s->scenario);
    if (first && first->packets > 0) {
        printf(": %u publishers, %u viewers, CPU per forwarded packet, medians of %u rounds",
               first->publishers, first->viewers, first->rounds);
    }
    printf("\n");
    for (unsigned k = 0; k < s->n_floors; k++) {
        printf("  floor  ");
        for (unsigned i = 0; i < RESULT_TRAINS; i++) {
            printf("  %5.0f ns (trains of %u)", series_median(&s->floors[k].ns[i]), trains[i]);
        }
        printf("  %s%s\n", s->floors[k].library, s->floors[k].used ? ", as oriel" : "");
    }
    for (unsigned i = 0; i < s->n; i++) {
        print_result(s->results[i]);
    }
}

/* ---- for programs ---- */

static void json_number(struct buffer *out, const char *name, double v) {
    json_key(out, name);
    buffer_printf(out, "%.4f", v);
    out->comma = true;
}

static void json_histogram(struct buffer *out, const char *name, const struct histogram *h) {
    if (h->n == 0) {
        json_put_null(out, name);
        return;
    }
    json_open(out, name, '{');
    json_put_uint(out, "n", h->n);
    json_number(out, "p50", histogram_ms(h, 0.5));
    json_number(out, "p99", histogram_ms(h, 0.99));
    json_number(out, "max", ms(h->max));
    json_close(out, '}');
}

static void json_series(struct buffer *out, const char *name, const struct series *s) {
    if (s->n > 0) {
        json_number(out, name, series_median(s));
    } else {
        json_put_null(out, name);
    }
}

static void json_counts(struct buffer *out, const struct result *r) {
    const struct audience *a = &r->seen;
    json_put_uint(out, "packets", r->packets);
    json_put_uint(out, "lost", r->missing);
    json_put_uint(out, "lost_video", r->missing_video);
    json_put_uint(out, "generator_drops", r->drops);
    json_put_uint(out, "server_drops", r->server_drops);
    json_put_uint(out, "retransmitted", a->rtx);
    json_put_uint(out, "nacked", a->nacked);
    json_put_uint(out, "repaired", a->repaired);
    json_put_uint(out, "given_up", a->given_up);
    json_put_uint(out, "opened", a->opened);
    json_put_uint(out, "padded", a->padded);
    json_put_uint(out, "late", a->late);
    json_put_uint(out, "duplicates", a->duplicate);
    json_put_uint(out, "indices_reused", a->reused);
    json_put_uint(out, "auth_failures", r->auth_failed);
    json_put_uint(out, "malformed", r->malformed);
    json_put_uint(out, "damaged", a->damaged);
    json_put_uint(out, "strays", a->stray);
}

static void json_own_figures(struct buffer *out, const struct result *r) {
    json_open(out, "threads_ns_per_packet", '{');
    for (unsigned i = 0; i < r->threads.n && r->packets; i++) {
        json_number(out, r->threads.at[i].name, (double)r->threads.at[i].ns / (double)r->packets);
    }
    json_close(out, '}');
    json_open(out, "figures", '{');
    for (unsigned i = 0; i < r->n_extras; i++) {
        json_number(out, r->extras[i].name, r->extras[i].value);
    }
    json_close(out, '}');
}

static void json_measured(struct buffer *out, const struct result *r) {
    json_put_bool(out, "valid", !r->invalid[0]);
    json_put_string(out, "reason", r->invalid);
    json_put_bool(out, "saturated", r->saturated);
    json_put_uint(out, "publishers", r->publishers);
    json_put_uint(out, "viewers", r->viewers);
    json_put_uint(out, "rounds", r->rounds);
    json_series(out, "cpu_ns_per_packet", &r->ns);
    json_series(out, "floor_ratio", &r->vs_floor);
    json_series(out, "floor_8_ratio", &r->vs_frames);
    json_series(out, "janus_ratio", &r->vs_janus);
    json_series(out, "packets_per_second", &r->pps);
    json_series(out, "server_cpu", &r->server_cpu);
    json_series(out, "generator_cpu", &r->generator_cpu);
    json_series(out, "others_cpu", &r->others);
    json_counts(out, r);
    json_histogram(out, "delay_ms", &r->seen.delay);
    json_histogram(out, "repair_ms", &r->seen.repair);
    json_histogram(out, "join_media_ms", &r->join_media);
    json_histogram(out, "join_picture_ms", &r->join_picture);
    if (r->viewer_bytes > 0) {
        json_number(out, "viewer_bytes", r->viewer_bytes);
    } else {
        json_put_null(out, "viewer_bytes");
    }
    json_own_figures(out, r);
}

static void json_result(struct buffer *out, const struct result *r) {
    json_open(out, NULL, '{');
    json_put_string(out, "target", r->target);
    json_put_bool(out, "measured", !r->absent[0]);
    if (r->absent[0]) {
        json_put_string(out, "reason", r->absent);
    } else {
        json_measured(out, r);
    }
    json_close(out, '}');
}

void result_json(struct buffer *out, const struct scenario_result *s) {
    static const char *const trains[RESULT_TRAINS] = {"1", "2", "4", "8"};
    json_open(out, NULL, '{');
    json_put_string(out, "scenario", s->scenario);
    json_open(out, "floors", '[');
    for (unsigned k = 0; k < s->n_floors; k++) {
        json_open(out, NULL, '{');
        json_put_string(out, "aead", s->floors[k].library);
        json_put_bool(out, "used", s->floors[k].used);
        json_open(out, "ns", '{');
        for (unsigned i = 0; i < RESULT_TRAINS; i++) {
            json_number(out, trains[i], series_median(&s->floors[k].ns[i]));
        }
        json_close(out, '}');
        json_close(out, '}');
    }
    json_close(out, ']');
    json_open(out, "targets", '[');
    for (unsigned i = 0; i < s->n; i++) {
        json_result(out, s->results[i]);
    }
    json_close(out, ']');
    json_close(out, '}');
}
