/* What a platform does in a tour that is a host's to do otherwise: it sees all people, and nobody
 * is told who it was. The rules are those of hosts (signaling/seats/moderation.h). Owner: the
 * control thread. Drain the effects afterwards. */
#ifndef ORIEL_SIGNALING_PLATFORM_H
#define ORIEL_SIGNALING_PLATFORM_H

#include "base/buffer.h"
#include "signaling/signaling.h"

struct json;

/* Somebody in a tour or in its lobby; texts are borrowed until the next call that changes anything.
 */
struct signaling_person {
    char id[16]; /* "p7" */
    const char *name, *sub, *role;
    bool host, lead;
    bool spotlight;
    bool waits;     /* in the lobby */
    bool lost;      /* the connection is gone, the seat is kept for a while */
    bool connected; /* media goes through */
    const char *sources[SOURCE_KIND_COUNT]; /* from SOURCE_MICROPHONE on: "on", "muted", "off" */
    struct capabilities can;
    wall_t hand_at; /* 0: it is down */
};
/* Call on_person for all in the tour, in the order of joining, and then for all who wait. False,
 * and nobody is shown: there is no such tour. */
bool signaling_people_each(const struct signaling *s, const char *tour,
                           void (*on_person)(void *ctx, const struct signaling_person *p),
                           void *ctx);

/* The sub of somebody there, as signaling_person.sub; NULL: there is no such tour, or person. */
const char *signaling_person_sub(const struct signaling *s, const char *tour, const char *id);

/* A platform is told that this code is the answer: it counts among those that clients are told.
 * With CODE_RATE_LIMITED, how long [us] until it may say and change something in this tour again;
 * else 0. */
us_t signaling_refused(struct signaling *s, us_t now, const char *tour, enum code code);

/* All below give CODE_OK, also when it is so already, or, when nothing has changed, a code.
 * CODE_TOUR_UNKNOWN: there is no such tour, or it does not run; CODE_RESOURCE_UNKNOWN: nobody of
 * such an id is where it would be possible; CODE_RATE_LIMITED: more than changes_per_minute of what
 * counts as a change of hosts in this tour; CODE_INTERNAL: memory is out; and what stands with
 * them. */

/* What is done with somebody. */
enum signaling_person_order {
    PERSON_REMOVE, /* who is in, or waits */
    PERSON_ADMIT,  /* who waits, on all his devices: CODE_TOUR_FULL */
    PERSON_LEAD,   /* who is in: becomes a host, and leads from now on */
    PERSON_HOST,   /* becomes a host */
    PERSON_GUEST,  /* is a host no more */
    PERSON_LOWER_HAND
};
/* CODE_FORBIDDEN: an observer hosts no tour. */
enum code signaling_person_order(struct signaling *s, us_t now, const char *tour, const char *id,
                                 enum signaling_person_order order);
/* A source of his is off; he may unmute it. */
enum code signaling_person_mute(struct signaling *s, us_t now, const char *tour, const char *id,
                                enum source_kind kind);
/* What he may from now on. CODE_FORBIDDEN: he is no guest; a host may all. */
enum code signaling_person_allow(struct signaling *s, us_t now, const char *tour, const char *id,
                                 const struct capabilities_part *can);

/* What is done with the tour as a whole. */
enum signaling_tour_order {
    TOUR_LOCK,        /* newcomers are refused from now on, */
    TOUR_UNLOCK,      /* or no more */
    TOUR_LOBBY_ON,    /* guests must be admitted, */
    TOUR_LOBBY_OFF,   /* or need not, and those who wait are: CODE_TOUR_FULL */
    TOUR_RECORD,      /* the recording is on and goes on, */
    TOUR_PAUSE,       /* is on and pauses, */
    TOUR_STOP,        /* or is off. CODE_FORBIDDEN: the tour is never recorded */
    TOUR_NO_SPOTLIGHT /* nobody in particular is on the stage */
};
enum code signaling_tour_order(struct signaling *s, us_t now, const char *tour,
                               enum signaling_tour_order order);
/* It is about to be declared otherwise, of which people are told. CODE_RATE_LIMITED: too often for
 * a tour that runs; one that does not may be changed at any time. */
enum code signaling_tour_change(struct signaling *s, us_t now, const char *tour);
/* He is on everybody's stage. CODE_FORBIDDEN: an observer. */
enum code signaling_tour_spotlight(struct signaling *s, us_t now, const char *tour, const char *id);
/* Those who wait, of this list of ids, are let in; NULL: all. CODE_TOUR_FULL: nobody is. */
enum code signaling_tour_admit(struct signaling *s, us_t now, const char *tour,
                               const struct json *list);
/* A source of all guests, but those of the list `except` (or NULL), is off. */
enum code signaling_tour_mute(struct signaling *s, us_t now, const char *tour,
                              enum source_kind kind, const struct json *except);
/* What guests may from now on: those of the list, or, NULL, all and those who are still to come;
 * but not those of `except`. */
struct signaling_allowed {
    struct capabilities_part can;
    const struct json *list, *except;
};
enum code signaling_tour_allow(struct signaling *s, us_t now, const char *tour,
                               const struct signaling_allowed *a);

/* What a platform says: an entry of nobody in the tour. */
struct signaling_said {
    enum { SAID_CHAT, SAID_CHAPTER, SAID_ANSWER } what;
    const char *text;     /* of an answer NULL: by voice */
    bool to_hosts;        /* a chat that others do not see */
    const char *question; /* of an answer */
    const char *state;    /* likewise: "answered", "dismissed" */
};
/* *ret_seq is its number. CODE_BAD_FIELD: a text that may not be shown; CODE_ENTRY_UNKNOWN: there
 * was no such question; CODE_RATE_LIMITED. */
enum code signaling_say(struct signaling *s, us_t now, const char *tour,
                        const struct signaling_said *said, uint64_t *ret_seq);
/* Where a platform points: x and y from 0, left and top, to 1, in which picture (NULL: it does not
 * say). A place of NULL: nobody points any more, whoever did. CODE_BAD_FIELD: out of these bounds,
 * or a source that may not be shown or has more than POINTER_SOURCE_MAX bytes. */
struct signaling_place {
    double x, y;
    const char *source;
};
enum code signaling_point(struct signaling *s, us_t now, const char *tour,
                          const struct signaling_place *at);
/* What all are to see: an object that pages agree on, as JSON in as few bytes as it takes, whose
 * memory goes; empty: as they like. CODE_BAD_FIELD: more than VIEW_MAX bytes. */
enum code signaling_follow(struct signaling *s, us_t now, const char *tour, struct buffer *view);

/* A message is taken back, whoever wrote it. CODE_ENTRY_UNKNOWN, CODE_RATE_LIMITED. */
enum code signaling_retract(struct signaling *s, us_t now, const char *tour, uint64_t seq);
/* What was said behind number `after`, as far as the history has it, also what was for hosts: the
 * members entries (a list), seq and, perhaps, entries_lost, as in docs/protocol.md section 1.7. Of
 * a tour that does not run: nothing. False: there is no such tour. */
bool signaling_history(const struct signaling *s, const char *tour, uint64_t after,
                       struct buffer *o);

#endif
