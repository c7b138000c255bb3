/* What a platform does with the people of a tour that is a host's to do otherwise: it sees all of
 * them, and nobody is told who it was. Owner: the control thread. Drain the effects afterwards. */
#ifndef ORIEL_SIGNALING_PLATFORM_H
#define ORIEL_SIGNALING_PLATFORM_H

#include "signaling/signaling.h"

/* Somebody in a tour or in its lobby; texts are borrowed until the next call that changes anything.
 */
struct signaling_person {
    char id[16]; /* "p7" */
    const char *name, *sub, *role;
    bool host, lead;
    bool waits;     /* in the lobby */
    bool lost;      /* the connection is gone, the seat is kept for a while */
    bool connected; /* media goes through */
};
/* Call on_person for all in the tour, in the order of joining, and then for all who wait. False,
 * and nobody is shown: there is no such tour. */
bool signaling_people_each(const struct signaling *s, const char *tour,
                           void (*on_person)(void *ctx, const struct signaling_person *p),
                           void *ctx);

/* What is done with somebody. */
enum signaling_person_order {
    PERSON_REMOVE, /* who is in, or waits: as a host's remove */
    PERSON_ADMIT,  /* who waits */
    PERSON_LEAD    /* who is in: becomes a host, and leads from now on */
};
/* CODE_OK; CODE_TOUR_UNKNOWN; CODE_RESOURCE_UNKNOWN: nobody of this id is where it would be
 * possible; CODE_TOUR_FULL; CODE_FORBIDDEN: an observer leads no tour; CODE_INTERNAL: memory is
 * out. */
enum code signaling_person_order(struct signaling *s, us_t now, const char *tour, const char *id,
                                 enum signaling_person_order order);
/* Newcomers are refused from now on, or no more. CODE_TOUR_UNKNOWN, also: it does not run. */
enum code signaling_tour_lock(struct signaling *s, us_t now, const char *tour, bool on);

#endif
