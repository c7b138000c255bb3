/* What signaling knows, as plain structs. Trees of owners: signaling owns tours, connections and
 * sessions; a tour owns its seats and viewers; a seat owns at most one session. What is removed
 * goes to the trash and is freed when the effects that may point into it have been drained. Owner:
 * the control thread. Only files of this folder's rooms include it. */
#ifndef ORIEL_SIGNALING_STATE_STATE_H
#define ORIEL_SIGNALING_STATE_STATE_H

#include "base/buffer.h"
#include "base/list.h"
#include "base/map.h"
#include "base/owner.h"
#include "base/record_log.h"
#include "base/timers.h"
#include "signaling/sdp/plan.h"
#include "signaling/signaling.h"
#include "signaling/state/ledger_state.h"
#include "signaling/state/shared_text.h"

#define RESUME_LEN 32   /* hex digits of 128 random bits */
#define RESOURCE_LEN 24 /* hex digits */
#define ETAG_LEN 18     /* 16 hex digits in quotes */
#define ENDED_MAX 64    /* names of ended tours remembered */
#define ENDED_KEEP (600 * US_PER_S)
#define TITLE_MAX 128
#define LOCATION_MAX (TOUR_NAME_MAX + RESOURCE_LEN + 8)

/* Many seats that run out or change at once tell many others: beyond this many effects the rest
 * waits for the next call of signaling_timeout. */
#define TIMEOUT_EFFECTS_MAX 8192

#define WS_NORMAL 1000 /* RFC 6455 section 7.4.1 */
#define WS_POLICY 1008
#define WS_FAILED 1011
#define WS_TAKEN_OVER 4001 /* private use, RFC 6455 section 7.4.2 */
#define WS_IDLE 4002
#define WS_REMOVED 4003

/* What of a run is a record of its own: signaling/kept/write.h. */
enum unkept_part {
    UNKEPT_TOUR,
    UNKEPT_LISTS,  /* who was refused, admitted, and allowed what */
    UNKEPT_LEDGER, /* all but its view and its history */
    UNKEPT_VIEW,
    UNKEPT_SEATS, /* of some of its seats */
    UNKEPT_PARTS
};

/* Head of everything that may wait in the trash. */
struct trash {
    struct trash *next;
};

enum timer_kind {
    TIMER_SEAT,
    TIMER_TOUR,
    TIMER_TICK,
    TIMER_CONN,
    TIMER_HOST,
    TIMER_END,
    TIMER_ROLLOVER,
    TIMER_PROBE
};
struct signaling_timer {
    struct timer timer;
    enum timer_kind kind;
};

struct conn {
    struct trash trash;
    uint64_t id;
    struct seat *seat;   /* NULL before join */
    struct probe *probe; /* NULL: it tries nothing out */
    struct link in_signaling;
    struct signaling_timer idle; /* runs while there is no seat */
    us_t token_by;               /* a valid token must have come; US_NEVER: it has */
    us_t rate_at;                /* when credit was right */
    int64_t credit;              /* [us] of message budget */
    uint32_t over;               /* messages over the limit since the bucket was last full */
    bool limited;                /* the last message was one of them */
    bool closing;                /* EFFECT_CLOSE is out: deaf from now on */
    bool broken;                 /* a message for it was lost to memory: will be closed */
};

struct binding {
    uint64_t participant; /* 0 = empty */
    uint8_t source;
    bool paused;
};

/* What a client was last told about a slot. */
struct told {
    struct binding binding;
    us_t at;      /* 0: nothing yet */
    bool changed; /* since, and not told: waits for the tick */
};

/* One media transport. */
struct session {
    struct trash trash;
    struct session_params params;
    struct tour *tour;
    uint32_t worker;
    struct seat *seat; /* NULL for a WHEP viewer */
    bool connected;
    uint8_t flows;   /* bit per source_kind: packets arrive, as media said last, */
    uint8_t refused; /* and are not passed on: sources.h; */
    uint8_t on;      /* and are, and count in tour.n_on */
    struct excess {
        us_t began, last; /* 0: it was not over its limit */
    } excess[SOURCE_KIND_COUNT];
    uint64_t
        described;    /* id of its session descriptions (RFC 8829 section 5.2.1): 63 random bits */
    uint32_t version; /* of the answer */
    struct {
        bool told;
        uint8_t active; /* bit per rid of the line */
    } layers[SOURCE_KIND_COUNT];
    struct binding bound[SESSION_LINES_MAX];
    struct told told[SESSION_LINES_MAX];
    uint8_t reception; /* enum reception, as media said last */
    uint8_t off, deaf; /* bit per source_kind, as media was told: it does not send, not receive */
    /* WHIP and WHEP */
    char sub[SUB_MAX + 1];
    char resource[RESOURCE_LEN + 1]; /* "" = of a WebSocket */
    char etag[ETAG_LEN + 1];
    char location[LOCATION_MAX + 1];
    struct link in_viewers; /* of the tour, when there is no seat */
    struct {
        enum standing standing;
        struct capabilities_part limit;
        struct capabilities can;
    } viewer; /* likewise */
};

#define SAID_BURST 10    /* things that may be said at once, */
#define CHANGES_BURST 20 /* and changed */
/* How much of what one may do in a while is used up. Zeros: nothing. */
struct account {
    us_t at, used; /* [us] used was right then */
};

struct seat {
    struct trash trash;
    struct signaling_timer grace;
    struct tour *tour;
    struct link in_tour; /* in the order of joining; of who waits: among those of the lobby */
    bool waits;          /* in the lobby: has a connection, a number and a secret, and no more */
    bool admitted;       /* from the lobby, by a host: the next join leads in */
    uint64_t id;
    uint32_t number; /* "p7" on the wire */
    enum role role;
    char sub[SUB_MAX + 1], name[NAME_MAX_BYTES + 1];
    char resume[RESUME_LEN + 1]; /* the secret that was told last */
    char before[RESUME_LEN + 1]; /* the one before it, until its owner has shown that it knows the
                                  * new one; "" = none */
    us_t resume_by;              /* both end then */
    struct conn *conn;           /* NULL: lost, or WHIP */
    struct session *session;
    uint8_t spent[FINGERPRINT_LEN]; /* certificate of the transport before it; zeros: none */
    uint64_t pinned;
    uint8_t muted;                    /* bit per source_kind: by herself, or by a host */
    struct capabilities can;          /* now */
    struct capabilities_part limit;   /* of the token */
    struct capabilities_part granted; /* hosts' word since she came */
    bool named;                       /* by the request that is being handled */
    bool host;                        /* who leads the tour: by role, or by another host's word */
    bool consent, lost;
    uint8_t device; /* its number among those of its sub, from 1 */
    bool several;   /* there are others of its sub in the tour */
    bool changed;   /* others have not been told yet: waits for the tick */
    bool arrived;   /* they have not even been told that it is here, */
    bool shown;     /* but for some, who have seen the roster */
    bool news;      /* of roster.c, while it tells */
    uint64_t known; /* fingerprint of what they have been told */
    uint64_t place; /* in its list: later than all that were there before */
    bool unkept;    /* its record is not what it is now (unkept.h), */
    uint64_t kept;  /* and a fingerprint of the one that was written last; 0: none was */
    struct wants wants;
    us_t roster_at;         /* [us] the whole roster may be asked for again */
    wall_t hand_at;         /* since when the hand is up; 0: it is down */
    struct account said;    /* of what one may say, */
    struct account decided; /* and change, that others are told and a recording keeps */
};

/* Tokens' subs that something is true of as long as a tour runs: signaling/tours/subs.h. */
struct sub_list {
    struct link all; /* oldest first */
    uint32_t n;
};

/* What hosts have said that somebody may, for when he comes again. */
struct grant {
    struct link in_tour;
    char sub[SUB_MAX + 1];
    struct capabilities_part part;
};

/* What a tour is by declaration, apart from what struct tour has always had. */
struct tour_plan {
    bool lobby;
    wall_t starts_at, ends_at;      /* 0 = none */
    us_t max_length;                /* [us] 0 = any */
    uint32_t capacity;              /* 0 = max_participants */
    char *property;                 /* JSON, owned; NULL = none */
    struct capabilities_part guest; /* what guests may, where it is not the default */
    struct signaling_quota quota;
};

/* What of a tour's roster is still to be told. */
struct roster {
    us_t paid;  /* [us] until when the messages about it are paid for */
    bool waits; /* something may be */
    uint32_t n_arrived, n_left;
    struct buffer left; /* members of a list: those n_left */
};

struct tour {
    struct trash trash;
    struct signaling_timer empty, tick;
    char name[TOUR_NAME_MAX + 1], title[TITLE_MAX + 1];
    bool probe; /* of a struct probe: nobody is told of anything */
    bool declared;
    char opened_by[SUB_MAX + 1]; /* whose join has made it; "": it was declared */
    us_t ended_until;            /* buyers do not start it again before that: a host has ended it */
    enum record_mode record;
    enum codec codec;
    struct tour_plan plan;
    struct link in_signaling;
    /* Of one run of the tour; a declared tour can have many. */
    uint64_t id;         /* 0 = waiting */
    uint64_t span;       /* bit per worker that has it; worker is its home */
    uint32_t n_sessions; /* on all of them */
    uint32_t worker, n_seats, n_viewers, next_number;
    uint32_t n_mix; /* of viewers: they hear the mix */
    struct link seats, viewers;
    uint64_t speaker;
    bool record_on;                  /* what was ordered */
    struct signaling_timer rollover; /* another recording begins */
    bool record_paused;              /* likewise; false while it is off */
    struct sub_list refused;         /* removed by a host */
    struct sub_list admitted;        /* let in by a host, and may come again */
    struct link lobby;               /* seats that wait, in the order of coming; never in `seats` */
    uint32_t n_lobby;
    bool lobby_on, locked;
    uint64_t lead, spotlight;         /* participants, 0 = none; lead: a host who has a seat */
    bool attended;                    /* a host is in, and not merely has a lost seat */
    char missed[NAME_MAX_BYTES + 1];  /* the last host who was, while none is; "" = none was */
    struct signaling_timer host, end; /* it ends for want of a host, by its plan */
    us_t began;                       /* when the first came in, US_NEVER = nobody has been in */
    wall_t began_by;                  /* the same by the wall; 0 */
    bool end_told;                    /* that it will end */
    bool changed;                     /* the tour object: waits for the tick */
    bool property_changed;            /* and who is in has not been told */
    uint64_t known;                   /* its fingerprint as people have been told */
    struct capabilities guest;        /* what guests may by default */
    struct capabilities_part granted; /* hosts' word about all guests, those to come too */
    struct link grants;               /* about single ones, the latest last */
    uint32_t n_grants;
    bool had_host; /* since the run began or its recording ended for want of people */
    enum signaling_recording_state recording;
    wall_t recording_since;     /* the one that runs has begun then; 0: none has */
    wall_t record_paused_since; /* while record_paused */
    struct roster roster;
    struct {
        bool waits; /* for the tick: hosts may not know who receives how, */
        us_t next;  /* [us] and are not told before that */
        bool any;   /* when they were told last, somebody did not receive well */
    } reception;
    uint32_t n_on[SOURCE_KIND_COUNT]; /* sessions of which such a source flows */
    struct ledger ledger;
    struct {
        struct account said, decided; /* as of a seat */
    } platform;                       /* of the REST API, whoever asks */
    uint64_t next_place;              /* of seats in their lists */
    struct {
        struct link in_unkept;        /* of signaling, while a record of it is not what it is now */
        uint8_t parts;                /* bit per enum unkept_part: which */
        uint64_t known[UNKEPT_PARTS]; /* fingerprints of those that were written last; 0: none */
        uint64_t seq;                 /* of the last entry that was */
    } kept;
};

/* Transports with which a client tries out the network: signaling/seats/probe.h. */
struct probe {
    struct trash trash;
    struct signaling_timer end;
    struct link in_signaling;
    struct conn *conn;
    char sub[SUB_MAX + 1];
    char of[TOUR_NAME_MAX + 1]; /* the tour that its tokens are for */
    unsigned added;             /* transports, those that are gone included */
    struct tour tour;
};

#define RATE_BUCKETS 1024

struct rate_bucket {
    us_t at;   /* when used was right */
    us_t used; /* [us] of its time; zero is a full bucket */
};

struct queued {
    struct signaling_effect e;
    struct shared_text *hold; /* keeps e.text alive */
};

struct signaling {
    struct owner owner; /* the control thread */
    struct signaling_config config;
    char *consent_version, *consent_text, *consent_text_de;
    uint64_t seed, next_handle;
    struct {
        us_t now;
        wall_t wall; /* then */
    } clock;
    struct map *conns, *seats, *peers, *tours, *names, *resumes, *resources;
    struct link all_conns, all_tours, probes;
    uint32_t n_probes;
    us_t clock_planned; /* clock.wall - clock.now when the ends of tours were planned by it */
    struct timers timers;
    uint32_t n_waiting; /* seats in lobbies */
    uint32_t *load;     /* sessions per worker */
    uint32_t n_mix;     /* viewers who hear the mix */
    /* Newcomers are refused, and told to come again then; 0: they are not. */
    uint32_t retry_after_s;
    struct {
        us_t at;   /* no tour begins, and those that run end then; US_NEVER: as ever */
        wall_t by; /* the same by the wall */
        uint32_t retry_after_s;
    } drain;
    struct {
        char name[TOUR_NAME_MAX + 1];
        us_t until;
    } ended[ENDED_MAX];
    uint32_t next_ended;
    /* What is kept for the process after this one: signaling/kept/write.h. */
    struct {
        bool due;            /* something is not what was written last */
        bool there;          /* `log` is whole, but for that */
        bool ends;           /* `ended` is such a thing */
        struct link tours;   /* tours that are */
        uint64_t ends_known; /* as tour.kept.known */
        uint64_t handle;     /* next_handle as it was written last */
        uint64_t turn;       /* of the log */
        size_t size;         /* [bytes] that its first batch had */
        us_t again;          /* when another one is tried; 0: now */
        struct record_log log;
        struct buffer bytes; /* of the record that is made */
    } kept;
    struct queued *queue;
    size_t head, count, cap;
    size_t reserved;          /* room kept for effects that may not be lost */
    struct shared_text *last; /* text of the effect returned last */
    struct trash *rubbish;
    bool any_broken;
    struct rate_bucket rates[RATE_BUCKETS], probe_rates[RATE_BUCKETS];
    struct signaling_stats stats;
};

/* A key for maps from a string. */
uint64_t key_of(const struct signaling *s, const char *text);
/* n random lower-case hex digits (n even, at most 64) and NUL. */
void random_hex(struct signaling *s, char *out, size_t n);

/* What a wall clock shows at `now`, and when it will show `wall`. */
wall_t wall_at(const struct signaling *s, us_t now);
us_t us_at(const struct signaling *s, wall_t wall);

/* When who is refused with this code is to come again [s]; 0: that is not said. */
uint32_t retry_after_of(const struct signaling *s, enum code code);

/* One thing more, of so many a minute (0: any number) with this burst: true when it may be, and
 * counts. */
bool account_admit(struct account *a, us_t now, uint32_t per_minute, uint32_t burst);
/* How long until it may be [us]; 0: now. */
us_t account_wait(const struct account *a, us_t now, uint32_t per_minute, uint32_t burst);

/* The tour, waiting or live, or NULL. */
struct tour *tour_by_name(const struct signaling *s, const char *name);
/* The seat of a token's sub, or NULL; t may be NULL. */
struct seat *seat_by_sub(const struct tour *t, const char *sub);
/* It is published by WHIP: it has no connection, and nobody has lost one. */
bool seat_is_whip(const struct seat *seat);
/* The seat that is "p7" on the wire, or NULL. */
struct seat *seat_by_number(const struct tour *t, const char *id);
/* The same two of who waits in the lobby. */
struct seat *waiting_by_sub(const struct tour *t, const char *sub);
struct seat *waiting_by_number(const struct tour *t, const char *id);

#endif
