/* Who misbehaves on the media path, by name, for logs and metrics: a small table, so that no crowd
 * of offenders makes the metrics grow. The one who was quiet longest gives way, but only after a
 * time in which every scrape has seen it; until then newcomers are merely counted. Owner: the
 * control thread. */
#ifndef ORIEL_SERVER_GLUE_OFFENDERS_H
#define ORIEL_SERVER_GLUE_OFFENDERS_H

#include "base/buffer.h"
#include "media/media.h"
#include "signaling/signaling.h"

#define OFFENDERS_MAX 64
#define OFFENDERS_HOLD (180 * US_PER_S) /* three scrapes of a minute */

struct offender {
    struct signaling_who who;
    uint64_t times[OFFENCE_COUNT]; /* [s] seconds in which it did so; all zero: free */
    us_t last;
};

struct offenders {
    struct offender list[OFFENDERS_MAX];
    uint64_t total[OFFENCE_COUNT]; /* of all, also of those who are not in the list */
    uint64_t unnamed;              /* [s] of these, of those who found no place in it */
};

/* Note a MEDIA_OFFENCE of this participant. True for its first of this kind: worth a line in the
 * log, the others are not, nor those of who finds no place. */
bool offenders_note(struct offenders *o, us_t now, const struct signaling_who *who,
                    enum media_offence kind);
/* Append oriel_media_offences_total, oriel_media_offences_unnamed_total and
 * oriel_media_offender_seconds_total. */
void offenders_metrics(const struct offenders *o, struct buffer *t);

#endif
