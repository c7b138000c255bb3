#include "server/offenders.h"

#include <inttypes.h>
#include <string.h>

static bool same(const struct sig_who *a, const struct sig_who *b) {
    return strcmp(a->tour, b->tour) == 0 && strcmp(a->participant, b->participant) == 0;
}

/* Its entry, else the one that was quiet longest, emptied. */
static struct offender *place(struct offenders *o, const struct sig_who *who) {
    struct offender *oldest = &o->list[0];
    for (size_t i = 0; i < OFFENDERS_MAX; i++) {
        struct offender *x = &o->list[i];
        if (same(&x->who, who)) {
            return x;
        }
        oldest = x->last < oldest->last ? x : oldest;
    }
    *oldest = (struct offender){.who = *who};
    return oldest;
}

bool offenders_note(struct offenders *o, us_t now, const struct sig_who *who,
                    enum media_offence kind) {
    struct offender *x = place(o, who);
    x->last = now;
    o->total[kind]++;
    return x->times[kind]++ == 0;
}

void offenders_metrics(const struct offenders *o, struct buffer *t) {
    buffer_printf(t,
                  "# HELP oriel_media_offences_total Seconds in which somebody sent, or asked for, "
                  "more than a client should.\n# TYPE oriel_media_offences_total counter\n");
    for (int kind = 0; kind < OFFENCE_COUNT; kind++) {
        buffer_printf(t, "oriel_media_offences_total{kind=\"%s\"} %" PRIu64 "\n",
                      media_offence_name((enum media_offence)kind), o->total[kind]);
    }
    buffer_printf(t,
                  "# HELP oriel_media_offender_seconds_total The same by participant, the latest "
                  "%d.\n# TYPE oriel_media_offender_seconds_total counter\n",
                  OFFENDERS_MAX);
    for (size_t i = 0; i < OFFENDERS_MAX; i++) {
        const struct offender *x = &o->list[i];
        for (int kind = 0; kind < OFFENCE_COUNT; kind++) {
            if (x->times[kind] > 0) {
                buffer_printf(t,
                              "oriel_media_offender_seconds_total{kind=\"%s\",tour=\"%s\","
                              "participant=\"%s\"} %" PRIu64 "\n",
                              media_offence_name((enum media_offence)kind), x->who.tour,
                              x->who.participant, x->times[kind]);
            }
        }
    }
}
