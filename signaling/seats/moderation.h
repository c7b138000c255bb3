/* What a host orders in a tour, or a platform does in a host's place (signaling/platform.h): one
 * function each, whose rules are the same for both. Whether who orders is a host, the caller has
 * looked. Owner: the control thread. */
#ifndef ORIEL_SIGNALING_SEATS_MODERATION_H
#define ORIEL_SIGNALING_SEATS_MODERATION_H

#include "signaling/state/state.h"

struct moderator {
    struct signaling *s;
    us_t now;
    struct tour *t;
    const struct seat *by; /* the host; NULL: the REST API */
};

/* All give CODE_OK, also when it is so already, or a code, and then nothing has changed:
 * CODE_INTERNAL, memory is out; CODE_BAD_FIELD, it cannot be done with this one. `who` is in the
 * tour, unless it says otherwise, and not NULL. */

/* This source of somebody is off; who is told, and may unmute it. */
enum code moderate_mute(const struct moderator *m, struct seat *who, enum source_kind kind);
/* The same of all who are `named` (guests.h). */
enum code moderate_mute_all(const struct moderator *m, enum source_kind kind);
/* What those who are `named` may from now on; all: and guests who are still to come. */
enum code moderate_allow(const struct moderator *m, const struct capabilities_part *can, bool all);
/* Somebody is a host from now on, or none any more, on all his devices. CODE_BAD_FIELD: an
 * observer; a host who would unmake himself, and is the last. */
enum code moderate_host(const struct moderator *m, struct seat *who, bool on);
/* He is one, and leads. CODE_BAD_FIELD: an observer. */
enum code moderate_lead(const struct moderator *m, struct seat *who);
/* He is on everybody's stage; NULL: nobody in particular. CODE_BAD_FIELD: an observer. */
enum code moderate_spotlight(const struct moderator *m, const struct seat *who);
/* He, who is in or waits, goes, and does not come again. CODE_BAD_FIELD: oneself. */
enum code moderate_remove(const struct moderator *m, struct seat *who);

/* Newcomers are refused, or no more. */
enum code moderate_lock(const struct moderator *m, bool on);
/* Later guests need to be admitted, or need not, and those who wait are in. CODE_TOUR_FULL. */
enum code moderate_lobby(const struct moderator *m, bool on);
/* Who waits and is `named` is let in; all: whoever waits. CODE_TOUR_FULL: nobody is. */
enum code moderate_admit(const struct moderator *m, bool all);
/* Mark who waits and is in this list of ids (NULL: nobody) as `named`. False: one does not wait. */
struct json;
bool moderate_name_waiting(const struct tour *t, const struct json *list);
/* The recording is on, or paused, or off; what is true of it then, the recorder reports.
 * CODE_FORBIDDEN: the tour is never recorded. */
enum code moderate_record(const struct moderator *m, bool on, bool paused);

#endif
