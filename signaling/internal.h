/* The state behind signaling.h; only files of this folder include it. Trees of owners: sig owns
 * tours, connections and sessions; a tour owns its seats and viewers; a seat owns at most one
 * session. What is removed goes to the trash and is freed when the effects that may point into it
 * have been drained. Owner: the control thread. */
#ifndef ORIEL_SIGNALING_INTERNAL_H
#define ORIEL_SIGNALING_INTERNAL_H

#include "base/json_write.h"
#include "base/list.h"
#include "base/map.h"
#include "base/owner.h"
#include "base/timers.h"
#include "signaling/negotiate.h"
#include "signaling/shared_text.h"
#include "signaling/signaling.h"

#define RESUME_LEN 32   /* hex digits of 128 random bits */
#define RESOURCE_LEN 24 /* hex digits */
#define ETAG_LEN 18     /* 16 hex digits in quotes */
#define ENDED_MAX 64    /* names of ended tours remembered */
#define ENDED_KEEP (600 * US_PER_S)
#define TITLE_MAX 128
#define LOCATION_MAX (TOUR_NAME_MAX + RESOURCE_LEN + 8)

/* Many seats that run out or change at once tell many others: beyond this many effects the rest
 * waits for the next call of sig_timeout. */
#define TIMEOUT_EFFECTS_MAX 8192

#define WS_NORMAL 1000 /* RFC 6455 section 7.4.1 */
#define WS_POLICY 1008
#define WS_FAILED 1011
#define WS_TAKEN_OVER 4001 /* private use, RFC 6455 section 7.4.2 */
#define WS_IDLE 4002
#define WS_REMOVED 4003

/* Head of everything that may wait in the trash. */
struct trash {
    struct trash *next;
};

enum timer_kind { TIMER_SEAT, TIMER_TOUR, TIMER_TICK, TIMER_CONN };
struct sig_timer {
    struct timer timer;
    enum timer_kind kind;
};

struct conn {
    struct trash trash;
    uint64_t id;
    struct seat *seat; /* NULL before join */
    struct link in_sig;
    struct sig_timer idle; /* runs while there is no seat */
    us_t token_by;         /* a valid token must have come; US_NEVER: it has */
    us_t rate_at;          /* when credit was right */
    int64_t credit;        /* [us] of message budget */
    uint32_t over;         /* messages over the limit since the bucket was last full */
    bool limited;          /* the last message was one of them */
    bool closing;          /* EFFECT_CLOSE is out: deaf from now on */
    bool broken;           /* a message for it was lost to memory: will be closed */
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
    uint8_t on; /* bit per source_kind: packets arrive */
    uint64_t
        described;    /* id of its session descriptions (RFC 8829 section 5.2.1): 63 random bits */
    uint32_t version; /* of the answer */
    struct {
        bool told;
        uint8_t active; /* bit per rid of the line */
    } layers[SOURCE_KIND_COUNT];
    struct binding bound[SESSION_LINES_MAX];
    struct told told[SESSION_LINES_MAX];
    /* WHIP and WHEP */
    char sub[SUB_MAX + 1];
    char resource[RESOURCE_LEN + 1]; /* "" = of a WebSocket */
    char etag[ETAG_LEN + 1];
    char location[LOCATION_MAX + 1];
    struct link in_viewers; /* of the tour, when there is no seat */
};

struct seat {
    struct trash trash;
    struct sig_timer grace;
    struct tour *tour;
    struct link in_tour; /* in the order of joining */
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
    uint8_t muted; /* bit per source_kind */
    bool consent, lost;
    bool changed;   /* others have not been told yet: waits for the tick */
    uint64_t known; /* fingerprint of what they have been told */
    struct wants wants;
};

/* Somebody whom a host has removed. */
struct refused {
    struct link in_tour;
    char sub[SUB_MAX + 1];
};

struct tour {
    struct trash trash;
    struct sig_timer empty, tick;
    char name[TOUR_NAME_MAX + 1], title[TITLE_MAX + 1];
    bool declared;
    enum record_mode record;
    enum codec codec;
    struct link in_sig;
    /* Of one run of the tour; a declared tour can have many. */
    uint64_t id;         /* 0 = waiting */
    uint64_t span;       /* bit per worker that has it; worker is its home */
    uint32_t n_sessions; /* on all of them */
    uint32_t worker, n_seats, n_viewers, next_number;
    uint32_t n_mix; /* of viewers: they hear the mix */
    struct link seats, viewers;
    uint64_t speaker;
    bool record_on;      /* what was ordered */
    bool record_paused;  /* likewise; false while it is off */
    struct link refused; /* subs that a host has removed, oldest first */
    uint32_t n_refused;
    bool had_host; /* since the run began or its recording ended for want of people */
    enum recording_state recording;
};

#define RATE_BUCKETS 1024

struct rate_bucket {
    us_t at;   /* when used was right */
    us_t used; /* [us] of its time; zero is a full bucket */
};

struct queued {
    struct sig_effect e;
    struct shared_text *hold; /* keeps e.text alive */
};

struct sig {
    struct owner owner; /* the control thread */
    struct sig_config config;
    char *consent_version, *consent_text;
    uint64_t seed, next_handle;
    struct map *conns, *seats, *peers, *tours, *names, *resumes, *resources;
    struct link all_conns, all_tours;
    struct timers timers;
    uint32_t *load; /* sessions per worker */
    uint32_t n_mix; /* viewers who hear the mix */
    struct {
        char name[TOUR_NAME_MAX + 1];
        us_t until;
    } ended[ENDED_MAX];
    uint32_t next_ended;
    struct queued *queue;
    size_t head, count, cap;
    size_t reserved;          /* room kept for effects that may not be lost */
    struct shared_text *last; /* text of the effect returned last */
    struct trash *rubbish;
    bool any_broken;
    struct rate_bucket rates[RATE_BUCKETS];
    struct sig_stats stats;
    struct sdp offer; /* scratch of the request that is handled */
};

struct admission;

/* ---- effects.c ---- */

/* Make sure that n more seats or sessions can be undone without allocating. ERR_NOMEM. */
enum err effects_reserve(struct sig *s, uint32_t n);
/* Queue an effect that may not be lost. */
void effect(struct sig *s, struct sig_effect e);
/* The same with a text of its own, whose reference is taken over; text may be NULL. */
void effect_text(struct sig *s, struct sig_effect e, struct shared_text *text);
/* Queue text for a connection. When memory is out the connection is closed instead. text may be
 * NULL (its allocation failed); the caller keeps its reference. */
void send_text(struct sig *s, struct conn *c, struct shared_text *text);
/* Finish o and send it. */
void send_out(struct sig *s, struct conn *c, struct buffer *o);
/* Finish o and send it to everybody in the tour but `except` (may be NULL). */
void send_all(struct sig *s, const struct tour *t, const struct conn *except, struct buffer *o);
void send_error(struct sig *s, struct conn *c, enum sig_code code);
void close_conn(struct sig *s, struct conn *c, uint16_t status);
void to_trash(struct sig *s, struct trash *x);

/* ---- state_json.c ---- */

/* The participant object. */
void put_participant(struct buffer *o, const struct seat *x);
/* The tour object. */
void put_tour(struct buffer *o, const struct tour *t);
/* All participants, in the order of joining. */
void put_roster(struct buffer *o, const struct tour *t);
/* All slots with what is bound to them; x may be NULL (no transport: none). */
void put_slots(struct buffer *o, const struct sig *s, const struct session *x);
/* The event about one slot, params.lines[line]. */
void put_slot(struct buffer *o, const struct sig *s, const struct session *x, int line);
/* "p7", or null for 0 and for those who left. */
void put_id(struct buffer *o, const struct sig *s, uint64_t participant);
/* An event of this type with the participant to everybody in the tour but `except`. */
void tell_participant(struct sig *s, const struct seat *x, const char *type,
                      const struct conn *except);
/* Tell everybody who left. */
void tell_left(struct sig *s, const struct tour *t, uint32_t number, const char *reason);
/* Everybody in the tour: whether it is recorded. */
void tell_recording(struct sig *s, const struct tour *t);

/* ---- tick.c ---- */

/* Tell everybody else, at once, that somebody is there; of a seat that was taken over, at the end
 * of the tick what is different. */
void tell_entered(struct sig *s, us_t now, const struct admission *e);
/* Something about a participant may have changed: everybody is told the net change at the end of
 * the tour's tick. */
void tell_changed(struct sig *s, us_t now, struct seat *x);
/* The slot params.lines[line] may have changed: its client is told, at most once per tick. */
void tell_slot(struct sig *s, us_t now, struct session *x, int line);
/* Somebody was shown the whole roster, or all slots of x (may be NULL), as they are now. */
void roster_shown(struct tour *t);
void slots_shown(struct session *x);
/* The end of a tick. What is too much for one call waits for the next, which sig_deadline asks for
 * at once. */
void tour_tick(struct sig *s, us_t now, struct tour *t);

/* ---- tours.c ---- */

/* The tour, waiting or live, or NULL. */
struct tour *tour_by_name(const struct sig *s, const char *name);
/* The tour that these claims may join: SIG_OK with *ret NULL when an agent would create it.
 * SIG_TOUR_UNKNOWN, SIG_TOUR_ENDED, SIG_FORBIDDEN, SIG_REMOVED. */
enum sig_code tour_for(const struct sig *s, us_t now, const struct claims *c, struct tour **ret);
/* Create a waiting tour. ERR_FULL, ERR_NOMEM. */
enum err tour_create(struct sig *s, const char *name, const char *title, struct tour **ret);
/* Give a waiting tour a worker and a handle. */
void tour_start(struct sig *s, struct tour *t);
/* The worker for the next session of the tour; it may get the tour by this. */
uint32_t tour_place(struct sig *s, struct tour *t);
void tour_record(struct sig *s, struct tour *t, bool on);
/* By order of this participant nothing is recorded for now, or again. Nothing happens when nothing
 * changes, or when the tour is not to be recorded. */
void tour_record_pause(struct sig *s, struct tour *t, uint64_t participant, bool paused);
/* Refuse this sub as long as the tour runs; as many as people fit in a tour, then the oldest is
 * forgotten. ERR_NOMEM. */
enum err tour_refuse(struct sig *s, struct tour *t, const char *sub);
/* Refuse nobody any more. */
void tour_forgive(struct tour *t);
/* End a run: everybody leaves. A tour that is not declared is gone afterwards. */
void tour_stop(struct sig *s, struct tour *t);
/* End by an agent: tell everybody, remember the name, stop. */
void tour_end(struct sig *s, us_t now, struct tour *t);
/* Set the empty timer by whether anybody has a seat. While it runs it is not moved: viewers who
 * come and go would keep the tour, and its recording, for ever. */
void tour_touch(struct sig *s, us_t now, struct tour *t);
void tour_timeout(struct sig *s, struct tour *t);
void tour_unlink(struct sig *s, struct tour *t);

/* ---- sessions.c ---- */

enum offer_use { OFFER_WANTS, OFFER_WHIP, OFFER_WHEP };
struct offer {
    enum offer_use use;
    const char *sdp;
    size_t n;
    const struct wants *wants;    /* OFFER_WANTS */
    const struct session *before; /* restarted or replaced, or NULL */
    /* out */
    const char *field;         /* the wrong field, with SIG_BAD_FIELD */
    char why[REFUSAL_MAX];     /* what is wrong with the offer, or empty */
    struct negotiation result; /* refers to the scratch in sig */
    struct plan plan;
};
/* A session from an offer, not yet part of anything. The codes of negotiate, SIG_TOO_LARGE,
 * SIG_INTERNAL, SIG_SERVER_FULL. */
enum sig_code session_make(struct sig *s, enum codec video, struct offer *o, struct session **ret);
/* Append the answer of a session that was started: only that has a worker, whose addresses the
 * answer names. */
void session_answer(struct sig *s, const struct session *x, const struct offer *o,
                    struct buffer *out);
/* The same for the sdpfrag that answers a WHIP or WHEP restart, with the credentials that
 * session_restart will take. */
void session_fragment(struct sig *s, const struct session *x, const struct ice_credentials *ice,
                      struct buffer *out);
/* Make it live: seat may be NULL (a viewer). Emits EFFECT_PEER_ADD and the seat's intent. */
void session_start(struct sig *s, struct tour *t, struct seat *seat, struct session *x);
/* End it; tell_media: with EFFECT_PEER_REMOVE. Frees x. */
void session_stop(struct sig *s, struct session *x, bool tell_media);
/* Throw away a session that was never started. NULL allowed. */
void session_drop(struct session *x);
/* Take over new ICE credentials of a restart. */
void session_restart(struct sig *s, struct session *x, const struct ice_credentials *fresh);
/* Give it a resource for WHIP and WHEP. */
void session_name(struct sig *s, struct session *x, const char *kind, const char *tour);
void session_new_etag(struct sig *s, struct session *x);

/* ---- mix.c ---- */

/* May one more viewer of the tour, with this sub, hear the mix? SIG_MIX_OFF, SIG_MIX_FULL. */
enum sig_code mix_check(const struct sig *s, const struct tour *t, const char *sub);
/* The viewer x, whose sub is set, is to hear the mix of this tour. */
void mix_choose(const struct tour *t, struct session *x);
/* It was started, or ends; its worker knows it. */
void mix_begin(struct sig *s, const struct session *x);
void mix_end(struct sig *s, const struct session *x);
/* One more worker has the tour. */
void mix_spread(struct sig *s, const struct tour *t);
/* Who has this sub is this participant from now on, 0: nobody. */
void mix_self(struct sig *s, const struct tour *t, const char *sub, uint64_t participant);

/* ---- layers.c ---- */

/* A client that may have missed it is told again which layers of its sources are needed. x may be
 * NULL. */
void layers_again(struct sig *s, const struct session *x);

/* ---- rate.c ---- */

/* May this person make or restart a transport now? Counts it. False: SIG_RATE_LIMITED. */
bool rate_admit(struct sig *s, us_t now, const char *tour, const char *sub);

/* ---- secrets.c ---- */

/* A new resume secret; all before it are refused. */
void secret_renew(struct sig *s, struct seat *x);
/* None any more. */
void secret_forget(struct sig *s, struct seat *x);
/* The seat that this secret resumes, or NULL: unknown, used up, or too old. */
struct seat *seat_by_resume(const struct sig *s, us_t now, const char *secret);
/* A new secret for a seat that `secret` has resumed. The reply that tells it may be lost, so the
 * old one works until secret_confirm. */
void secret_rotate(struct sig *s, struct seat *x, const char *secret);
/* The owner has got the new secret: the one before it is refused from now on. */
void secret_confirm(struct sig *s, struct seat *x);

/* ---- seats.c ---- */

struct admission { /* somebody who wants in */
    const struct claims *claims;
    const char *name; /* asked for, or NULL */
    bool consent;
    struct conn *conn; /* NULL: WHIP */
    struct wants wants;
    struct offer offer;
    /* out */
    struct seat *seat;
    bool took_over; /* an existing seat */
};
/* Everything about joining: rights, tour, negotiation, take-over, events to others. On an error
 * nothing has changed. e->offer then answers the client with session_answer. */
enum sig_code seat_enter(struct sig *s, us_t now, struct admission *e);
/* Remove a seat: events, effects, timers. */
void seat_leave(struct sig *s, us_t now, struct seat *x, const char *reason);
/* As seat_leave, without events to others and without ending the connection. */
void seat_delete(struct sig *s, struct seat *x);
/* Put a connection on a seat; another one there is told and closed. */
void seat_attach(struct sig *s, struct seat *x, struct conn *c);
/* The connection is gone: the seat is kept for the grace. */
void seat_disconnect(struct sig *s, us_t now, struct seat *x);
struct seat *seat_by_sub(const struct tour *t, const char *sub);
struct seat *seat_by_number(const struct tour *t, const char *id); /* "p7" */
/* A host removes somebody: who is told, everybody else too, and the token's sub is refused as long
 * as the tour runs. ERR_NOMEM: nothing has changed. */
enum err seat_remove(struct sig *s, us_t now, struct seat *x);
/* The seat's transport ends. Its peer connection has shaken hands and does not do so again: with
 * another transport it would wait for ever. Call before session_stop. */
void seat_spend(struct seat *x);
/* Restart or replace the transport of a seat by a new offer. SIG_TRANSPORT_GONE: it is one of the
 * peer connection whose transport has ended; nothing has changed. */
enum sig_code seat_reoffer(struct sig *s, us_t now, struct seat *x, struct offer *o);
void seat_journal(struct sig *s, const struct seat *x, bool on);
/* SIG_OK and *ret filled, or what is wrong with the token. */
enum sig_code verify_token(struct sig *s, const char *token, size_t n, struct claims *ret);

/* A key for maps from a string. */
uint64_t key_of(const struct sig *s, const char *text);
/* n random lower-case hex digits (n even, at most 64) and NUL. */
void random_hex(struct sig *s, char *out, size_t n);

#endif
