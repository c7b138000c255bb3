/* A tour as the relay sees it: who sends what, who watches in which slots, who speaks. Ids and
 * bindings only: no packet, no address, no stream. Signaling owns the intent (pins, mutes, who is
 * host, who may receive what); a room decides which source fills which slot at a point in time
 * (stage.h, router.h) and leaves what has changed on a list for its owner to carry out. Owner: the
 * engine's thread. */
#ifndef ORIEL_MEDIA_ROOM_ROOM_H
#define ORIEL_MEDIA_ROOM_ROOM_H

#include "base/list.h"
#include "base/session.h"
#include "media/audio/speaker.h"

#define ROOM_VOICES_MAX 4096       /* microphones ranked by loudness: all that a tour has */
#define ROOM_SPEAKERS_MAX 4        /* how far back "the last speaker" is remembered */
#define ROOM_SETTLE (2 * US_PER_S) /* [us] see room.settle_until */

struct room_source {     /* something that is sent */
    struct link in_live; /* room.live or, of a mix, room.mixes, while it flows */
    uint64_t participant;
    uint64_t order; /* of arrival: by time, then by number; the same on every worker */
    uint8_t kind;   /* enum source_kind */
    uint8_t codec;  /* enum codec */
    bool host, live;
    bool mix;  /* of all microphones but that of `participant`, 0: of all. For who hears mixes; to
                  everybody else it is nothing */
    int voice; /* place in room.voices, -1 = none */
};

struct room_slot { /* a viewer's receiving m-line */
    struct room_viewer *viewer;
    struct room_source *source; /* what belongs there; NULL = nothing */
    struct link moved; /* room.moved, while `source`, or what is sent of it, has changed and
                          nobody has obeyed */
    uint8_t kind;      /* enum slot_kind */
    uint8_t index;
    uint8_t codec;
    bool awaiting; /* after an adoption: its source is still to come, nothing else may fill it */
};

struct room_viewer {
    struct room *room;
    struct link in_room; /* room.viewers */
    uint64_t participant;
    uint64_t pinned;    /* participant, 0 = none */
    uint8_t receives;   /* bit per source_kind: others' may be shown to it */
    bool present;       /* connected: slots are filled */
    bool loudest_audio; /* audio slot 0 carries the loudest voice, not the stage owner's */
    bool mix;           /* or all but that of `without`, mixed, and others nothing */
    uint64_t without;   /* participant, 0 = nobody */
    uint8_t n_slots;
    struct room_slot slots[SESSION_SLOTS_MAX];
};

struct room {
    struct link viewers;
    struct link live;   /* room_source.in_live, in order of arrival */
    struct link mixes;  /* likewise, of mixes */
    struct link moved;  /* room_slot.moved: for the owner, who obeys and takes them off */
    uint64_t spotlight; /* participant: holds everybody's stage, 0 = nobody; */
    uint64_t lead;      /* else this one, who leads the tour, 0 = nobody */
    uint64_t next_order;
    bool follows;      /* another worker judges who speaks: room_follow */
    us_t settle_until; /* [us] after an adoption bindings are kept until the rest has come */
    uint64_t speakers[ROOM_SPEAKERS_MAX]; /* who spoke last, newest first, 0 = free */
    struct speaker_set voices;            /* ids are participants */
};

/* In zeroed memory. ERR_NOMEM. */
enum err room_init(struct room *r);
/* Everybody must have left. */
void room_free(struct room *r);

/* Whether what this one sends may be shown to it: by right, and as long as it is not one's own
 * voice, whichever of one's devices that comes from. Pictures of those are shown: a laptop may show
 * what one's phone films. */
static inline bool room_receives(const struct room_viewer *v, const struct room_source *s) {
    bool own =
        s->kind == SOURCE_MICROPHONE && !s->mix && same_person(s->participant, v->participant);
    return !own && v->receives & 1u << s->kind;
}

/* In zeroed memory; the viewer's slots are added one by one, then it enters. It may receive all. */
void room_viewer_init(struct room_viewer *v, uint64_t participant, bool loudest_audio);
void room_viewer_slot(struct room_viewer *v, const struct session_line *line);
void room_viewer_enter(struct room *r, struct room_viewer *v);
/* Its slots are no more; none of them is on room.moved afterwards. */
void room_viewer_leave(struct room_viewer *v);

/* Packets begin to flow: it is ranked from now on. s->order is kept when it is set. */
void room_source_on(struct room *r, struct room_source *s, us_t now);
/* They end. Slots keep it until the router has run. Returns SPEAKER_* bits. */
unsigned room_source_off(struct room *r, struct room_source *s);
/* It is no more or begins anew: no slot may show it from now on (each is on room.moved). */
void room_source_forget(struct room *r, struct room_source *s);
/* What is sent of it is another stream now: the slots that show it go on room.moved. */
void room_source_moved(struct room *r, const struct room_source *s);
/* The live source of this participant and kind, or NULL. */
struct room_source *room_find(const struct room *r, uint64_t participant, enum source_kind kind);

/* The live mix that leaves out this participant (0: nobody), or NULL. Of two it is the later: of
 * the other it was not heard yet that it is no more. */
struct room_source *room_mix(const struct room *r, uint64_t without);

/* The audio level of a source, in -dBov (RFC 6464). */
void room_level(struct room *r, us_t now, struct room_source *s, uint8_t level);
/* Another worker judges who speaks and says so by room_voices, or this one does (as from the
 * beginning). When that changes nobody is known to speak until the judge has said so. */
void room_follow(struct room *r, bool follows);
/* Who speaks, as the tour's home has judged it. Nothing to a room that judges itself. */
void room_voices(struct room *r, uint64_t speaker, const uint64_t top[SPEAKER_TOP],
                 const uint64_t speakers[ROOM_SPEAKERS_MAX]);
/* Note who speaks, for "the last speaker". */
void room_spoke(struct room *r, uint64_t participant);
/* When room_timeout has something to do; US_NEVER. */
us_t room_deadline(const struct room *r);
enum {                   /* bits of what room_timeout has found */
       ROOM_CHANGED = 1, /* the router must run */
       ROOM_SETTLED = 2  /* no source that was to be adopted is awaited any more */
};
/* Time has passed. */
unsigned room_timeout(struct room *r, us_t now);
/* A slot goes on with a source that it has shown in another engine. */
void room_slot_resume(struct room_slot *slot, struct room_source *s);
/* Show this source in the slot, NULL = nothing; one of another codec is nothing. */
void room_slot_show(struct room_slot *slot, struct room_source *s);

#endif
