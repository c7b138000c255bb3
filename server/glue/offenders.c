#include "server/glue/offenders.h"

#include <inttypes.h>
#include <string.h>

static bool same(const struct signaling_who *a, const struct signaling_who *b) {
    return strcmp(a->tour, b->tour) == 0 && strcmp(a->participant, b->participant) == 0;
}

static bool is_free(const struct offender *x) {
    return x->who.tour[0] == '\0';
}

/* Its entry, else a free one or that of who was quiet longest, emptied; NULL: none can be had. */
static struct offender *place(struct offenders *o, us_t now, const struct signaling_who *who) {
    struct offender *oldest = &o->list[0];
    for (size_t i = 0; i < OFFENDERS_MAX; i++) {
        struct offender *x = &o->list[i];
        if (same(&x->who, who)) {
            return x;
        }
        oldest = is_free(x) || (!is_free(oldest) && x->last < oldest->last) ? x : oldest;
    }
    if (!is_free(oldest) && now - oldest->last < OFFENDERS_HOLD) {
        return NULL;
    }
    *oldest = (struct offender){.who = *who};
    return oldest;
}

bool offenders_note(struct offenders *o, us_t now, const struct signaling_who *who,
                    enum media_offence kind) {
    struct offender *x = place(o, now, who);
    o->total[kind]++;
    if (!x) {
        o->unnamed++;
        return false;
    }
    x->last = now;
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
                  "# HELP oriel_media_offences_unnamed_total Of these, those of whom "
                  "oriel_media_offender_seconds_total has no room for.\n"
                  "# TYPE oriel_media_offences_unnamed_total counter\n"
                  "oriel_media_offences_unnamed_total %" PRIu64 "\n",
                  o->unnamed);
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
