/* Signaling: tours, participants, roles, seats, offer/answer. SANS-I/O: (state, message, now) ->
 * effects. It holds *intent* (who may do what, pins, mutes, recording on or off); media owns the
 * binding of a source to a slot at time t. It never includes media/ and knows no socket.
 *
 * **THE LAW: after every call that tells it something, drain signaling_effect until it is empty.**
 *
 * Owner: the control thread; a call from another one breaks an invariant (base/owner.h). Strings in
 * effects are borrowed until the next call. */
#ifndef ORIEL_SIGNALING_SIGNALING_H
#define ORIEL_SIGNALING_SIGNALING_H

#include "base/addr.h"
#include "base/bytes.h"
#include "base/command.h"
#include "base/err.h"
#include "base/reception.h"
#include "base/rng.h"
#include "base/time.h"
#include "signaling/words/acts.h"
#include "signaling/words/claims.h"
#include "signaling/words/codes.h"

struct signaling;

/* Who starts the recording of a tour. X(symbol, name) */
#define RECORD_MODES(X)        \
    X(RECORD_AUTO, "auto")     \
    X(RECORD_MANUAL, "manual") \
    X(RECORD_OFF, "off")
#define X(sym, name) sym,
enum record_mode { RECORD_MODES(X) };
#undef X

/* STUN and TURN servers for a client, and its credentials for the latter. */
struct signaling_ice_servers {
    const char *const *urls; /* RFC 7064, RFC 7065; borrowed */
    size_t n;
    char username[48], credential[32]; /* empty without a TURN server */
};

/* Where what is known of tours lies for the process after this one (signaling_rebuild): a log of
 * records (base/record_log.h) that is written before anybody is told of what it says. */
struct signaling_keeper {
    /* Memory for another log, all zero and there to be used, of n bytes at least; *ret_n is how
     * many. What it gave out before for a log that never got whole is of no use any more. NULL:
     * there is no place. It must not block. NULL: nothing is kept. */
    void *(*fresh)(void *ctx, size_t n, size_t *ret_n);
    /* The log in what was given out last is whole, and the one before it not true any more. */
    void (*whole)(void *ctx);
    void *ctx;
    uint64_t time; /* of what us_t means: another run of the system has another one */
    uint64_t turn; /* of the log of the process before this one; 0: none */
};

struct signaling_config {
    size_t max_message; /* [bytes] a WebSocket message, 256 KiB */
    size_t max_sdp;     /* [bytes] 128 KiB */
    uint32_t max_depth; /* JSON nesting, 16 */
    uint32_t max_connections, max_tours;
    uint32_t max_tours_per_sub; /* that one agent's joins have made; 0 = any number; 100 */
    uint32_t max_participants;  /* per tour, 1000 */
    uint32_t max_whep_per_token;
    uint32_t max_sources[SOURCE_KIND_COUNT]; /* that flow in one tour at once; 0 = any number */
    us_t excess_limit; /* [us] one that is over its limit for so long is refused (10 s); 0 = none */
    uint32_t max_seats_per_token; /* in one tour, range 1..15; 3 */
    uint32_t max_probes;          /* clients that try out the network at once; 0 = nobody may; 16 */
    uint32_t max_mix;           /* viewers by WHEP who hear the mix, of all tours; 0 = nobody may */
    uint32_t max_mix_per_tour;  /* of these */
    uint32_t max_mix_per_token; /* of these, of one sub */
    uint32_t sessions_per_second; /* offers of one sub in one tour; 0 = any number; 10 */
    uint32_t history;             /* entries of a tour that are kept for who comes later; 500 */
    size_t history_bytes;         /* [bytes] of these; 256 KiB */
    uint32_t chat_per_minute;     /* of one seat, burst 10: what it says; 0 = any number; 60 */
    uint32_t changes_per_minute;  /* of one seat, burst 20: what of it or of the tour it has be
                                     different, as docs/protocol.md lists; 0 = any number; 60 */
    uint32_t messages_per_second; /* per connection, burst twice that; 50 */
    us_t token_limit; /* [us] a connection must show a valid token in this time (30 s); 0 = ever */
    us_t idle_limit;  /* [us] then it may be silent without a seat (120 s); 0 = ever */
    us_t roster_tick; /* [us] changes are told this often (50 ms) */
    uint32_t roster_per_second; /* messages about who is in a tour, burst 8; 0 = any number; 4 */
    us_t resume_grace;          /* [us] a seat outlives its connection by this (15 s) */
    us_t seat_limit;            /* [us] a resume secret ends this long after the join (12 h) */
    us_t probe_limit;           /* [us] so long somebody may try it out (20 s) */
    us_t empty_tour_grace;      /* [us] a tour without participants ends after this (60 s) */
    us_t host_limit; /* [us] one that its last host has left ends after this (600 s); 0 = never */
    /* Of tours that an agent's join makes; 0 = no such limit. */
    bool default_lobby;
    us_t default_max_length; /* [us] */
    uint32_t default_capacity;
    struct capabilities_part
        default_guest;        /* what guests may, where it is not capabilities_default */
    enum codec default_codec; /* CODEC_VP8 */
    enum record_mode default_record;
    us_t max_recording;          /* [us] then it ends and another begins (12 h); 0 = never */
    uint32_t start_bitrate_kbps; /* x-google-start-bitrate in answers */
    const char *consent_version, *consent_text;
    const char *consent_text_de; /* the same in German; NULL or "": there is none */
    uint32_t workers;            /* tours are spread over 0..workers-1, range 1..63 */
    uint32_t tour_spread;        /* sessions of a tour from which on it is spread too; 0 = never */
    uint8_t fingerprint[FINGERPRINT_LEN]; /* our DTLS certificate, SHA-256 */
    /* Announced host candidates of a worker; writes up to cap, returns how many. */
    size_t (*candidates)(void *ctx, uint32_t worker, struct addr *out, size_t cap);
    bool ice_tcp; /* at each of these addresses we listen on TCP, too */
    /* What who has this token's sub may use now, hardly longer than until then; NULL: there is
     * none. */
    void (*ice_servers)(void *ctx, const char *sub, wall_t until,
                        struct signaling_ice_servers *ret);
    /* Verify a token (signature, times, issuer, audience): CODE_OK or the code that says why not.
     * Pure but for the wall clock, which the rim reads. */
    enum code (*verify)(void *ctx, const char *token, size_t n, struct claims *ret);
    /* The link of whom a host has invited, with a token that says this; c->expires becomes earlier
     * where tokens may not last as long. CODE_OK: the caller frees *url (mem_free).
     * CODE_SIGNING_OFF: nothing signs here; CODE_INTERNAL. NULL: no host can invite. */
    enum code (*invite)(void *ctx, struct claims *c, char **url);
    us_t invite_limit; /* [us] such a link can be used so long (2 h); 0 = no host can invite */
    struct signaling_keeper keeper; /* zero: nothing outlives the process */
    void *ctx;
    struct rng rng;
};

/* NULL when memory is out. */
struct signaling *signaling_new(const struct signaling_config *c);
struct signaling *signaling_free(struct signaling *s);
/* What a tour is, apart from who is in it. */
/* What a tour may take; 0: as all tours. */
struct signaling_quota {
    uint32_t sources[SOURCE_KIND_COUNT]; /* of max_sources */
    uint32_t kbps;                       /* [kbit/s] that a worker takes in of it */
};

struct signaling_tour {
    const char *name, *title; /* title NULL or empty: the name */
    enum record_mode record;
    enum codec codec;
    bool lobby;        /* guests wait until a host admits them */
    wall_t starts_at;  /* 0: any time. Before it guests enter once a host is in */
    wall_t ends_at;    /* 0: none. Then the run ends, and nobody enters any more */
    us_t max_length;   /* [us] of a run, from the first who is in; 0: any */
    uint32_t capacity; /* people in it at once, see admission_over; 0: max_participants */
    struct capabilities_part guest; /* what guests may, where it is not the default */
    struct signaling_quota quota;
    const char *property; /* JSON, which is not looked at, told as tour.property; or NULL */
};
#define TOUR_PROPERTY_MAX 4096 /* [bytes] of its text */

/* Declare a tour, which exists from now on without anyone in it (conf: "tours"; the REST API).
 * Copies what t points to. ERR_EXISTS (also: an agent has made it), ERR_FULL, ERR_RANGE (name,
 * codec, times, a property without text), ERR_LONG (property), ERR_NOMEM. */
enum err signaling_tour_declare(struct signaling *s, const struct signaling_tour *t);
/* From now on the tour of this name is as t says, whole, also while it runs: people are told, and
 * the lobby opens or closes if it is declared otherwise than before. Who is in stays in.
 * ERR_UNKNOWN; ERR_WRONG_STATE: the codec of a tour that runs; ERR_FULL: of those who wait, and
 * need not any more, some would find no room; ERR_RANGE, ERR_LONG and ERR_NOMEM as above; nothing
 * has changed then. */
enum err signaling_tour_update(struct signaling *s, us_t now, const struct signaling_tour *t);
/* The same, and the lobby of the run is open (`on`) or not, whatever hosts have made of it since.
 */
enum err signaling_tour_update_lobby(struct signaling *s, us_t now, const struct signaling_tour *t,
                                     bool on);
/* End its run, if it has one, as a host does: everybody is told and leaves. forget: a declared tour
 * is none any more; else it can run again. ERR_UNKNOWN. */
enum err signaling_tour_end(struct signaling *s, us_t now, const char *name, bool forget);
/* Take a declaration back, which was of no use: as with `forget`, but nobody is told of an end when
 * it does not run. ERR_UNKNOWN. */
enum err signaling_tour_undeclare(struct signaling *s, us_t now, const char *name);

/* What a tour is and how it stands; texts are borrowed until the next call that changes anything.
 */
struct signaling_tour_view {
    struct signaling_tour tour;
    const char *state;                                  /* docs/protocol.md section 1.2 */
    bool declared;                                      /* it outlives its runs */
    bool locked, lobby_on, recording, recording_paused; /* of this run */
    bool recording_failing;        /* nothing of it can be written now, or it cannot begin */
    wall_t recording_since;        /* the one that runs has begun then; 0: none has */
    wall_t recording_paused_since; /* 0: it is not paused */
    uint64_t run;                  /* its handle; 0: it does not run */
    wall_t began;                  /* when the first came in; 0: nobody has been in */
    wall_t ending;                 /* when it ends by itself, as far as is known; 0: it does not */
    uint32_t participants, waiting, viewers; /* in it; in its lobby; by WHEP */
    const char *lead, *missed; /* names: of the lead, of the host who is gone; or NULL */
};
/* ERR_UNKNOWN. */
enum err signaling_tour_get(const struct signaling *s, us_t now, const char *name,
                            struct signaling_tour_view *ret);
/* Call on_tour for every tour there is, in the order of their making. */
void signaling_tour_each(const struct signaling *s, us_t now,
                         void (*on_tour)(void *ctx, const struct signaling_tour_view *v),
                         void *ctx);

/* What signaling_rebuild has found. */
struct signaling_rebuilt {
    uint32_t tours, seats, waiting; /* that run; in them; in their lobbies */
    uint64_t turn;                  /* of the log */
};
/* Go on with what the process before this one has kept: its tours run, and in them are the seats of
 * all who came by WebSocket, each as if its connection had been lost at `now`: a resume secret
 * leads back to it. Who published or watched by WHIP and WHEP begins anew. What tours are by
 * declaration is as it is declared now: to be called when they are, once, before anything else,
 * after signaling_clock. Transports are gone, and an offer is answered with CODE_TRANSPORT_GONE
 * where it is of the same one as before. All or nothing: with another result than OK, nothing runs.
 * ERR_UNKNOWN: nothing was kept; ERR_UNSUPPORTED: by another version; ERR_WRONG_STATE: in another
 * run of the system; ERR_FORMAT: it is damaged; ERR_FULL: the limits of now are too low for it;
 * ERR_NOMEM. */
enum err signaling_rebuild(struct signaling *s, us_t now, struct bytes log,
                           struct signaling_rebuilt *ret);
/* Nobody is to find anything of it from now on, and its memory may go: an end in good order. */
void signaling_keep_no_more(struct signaling *s);

/* WebSocket connections. conn is the rim's handle, never 0 and never reused. */
enum err signaling_open(struct signaling *s, us_t now, uint64_t conn);
void signaling_message(struct signaling *s, us_t now, uint64_t conn, const char *text, size_t n);
void signaling_closed(struct signaling *s, us_t now, uint64_t conn);

/* WHIP and WHEP (RFC 9725 and its playback twin). req is the rim's handle; exactly one
 * EFFECT_HTTP with it follows. resource is NULL for POST. */
enum signaling_method { SIGNALING_POST, SIGNALING_PATCH, SIGNALING_DELETE };
struct signaling_http {
    uint64_t req;
    enum signaling_method method;
    bool whep;
    const char *audio;           /* of the query: what a viewer wants to hear; NULL: does not say */
    const char *tour, *resource; /* path segments, percent-decoded */
    const char *token;           /* Bearer, or NULL */
    const char *content_type;    /* or NULL */
    const char *if_match;        /* or NULL */
    const char *body;
    size_t body_len;
};
void signaling_http(struct signaling *s, us_t now, const struct signaling_http *h);
/* Whether this token (NULL: none) is good for this tour, whoever else is in it, and its claims,
 * which count with CODE_OK only: of who has been let in. Has no effect. */
enum code signaling_token(struct signaling *s, const char *tour, const char *token,
                          struct claims *ret);
/* Whether who has this token (NULL: none) may enter this tour now, as "hello" would say, and its
 * claims, which count with CODE_OK only. Creates nothing, has no effect. */
enum code signaling_admits(struct signaling *s, us_t now, const char *tour, const char *token,
                           struct claims *ret);

/* The tokens of this sub (as claims have it: with its issuer's name) were taken back: what it has
 * in tours ends at once, seats with CODE_TOKEN_REVOKED. Their tokens are for verify to refuse.
 * ERR_NOMEM: nothing has changed. */
enum err signaling_revoke(struct signaling *s, us_t now, const char *sub);
/* The same for all that `is` is true of, after a change of who is revoked. */
enum err signaling_revoke_all(struct signaling *s, us_t now, bool (*is)(void *ctx, const char *sub),
                              void *ctx);
/* Has a host removed this sub from the tour with this handle, which still runs? */
bool signaling_refuses(const struct signaling *s, uint64_t tour, const char *sub);
/* From now on newcomers are refused (CODE_SERVER_OVERLOADED) and told to come again in so many
 * seconds; 0: they are let in. Who has a seat is no newcomer, whatever he asks for. */
void signaling_overloaded(struct signaling *s, uint32_t retry_after_s);

/* From now on no tour begins (CODE_DRAINING: whoever would begin one is told to come again in so
 * many seconds), and those that run end at `at` if they do not before: people are told as of any
 * end that is planned. Who comes to one that runs is let in. US_NEVER: all is as before, and tours
 * end as they would. */
void signaling_drain(struct signaling *s, us_t now, us_t at, uint32_t retry_after_s);
/* When that is, as people are told; 0: it is not so. */
wall_t signaling_drained_by(const struct signaling *s);

/* What media reports. */
void signaling_peer_connected(struct signaling *s, us_t now, uint64_t peer);
void signaling_peer_gone(struct signaling *s, us_t now, uint64_t peer);
void signaling_source(struct signaling *s, us_t now, uint64_t peer, enum source_kind kind, bool on);
struct signaling_bound {
    const char *mid;
    uint64_t participant; /* 0 = the slot is empty */
    enum source_kind kind;
    bool paused; /* its picture is not sent: the viewer's path does not carry it */
};
void signaling_slot(struct signaling *s, us_t now, uint64_t peer, const struct signaling_bound *b);
/* This source has sent more than it may for a second. */
void signaling_excess(struct signaling *s, us_t now, uint64_t peer, enum source_kind kind);
/* Which layers of this source are needed: bit per rid of its session_line, in that order. */
void signaling_layers(struct signaling *s, uint64_t peer, enum source_kind kind, uint8_t active);
/* How well what is sent to it arrives. */
void signaling_reception(struct signaling *s, us_t now, uint64_t peer, enum reception is);
void signaling_speaker(struct signaling *s, uint64_t tour, uint64_t participant);
/* A command that a worker will never get, for want of memory; it is the one of the last effect. */
void signaling_lost(struct signaling *s, us_t now, const struct command *c);
/* What the recorder reports: recording is on, off, or failing ("no_space", "io" ...). */
enum signaling_recording_state { RECORDING_OFF, RECORDING_ON, RECORDING_FAILING };
void signaling_recording(struct signaling *s, uint64_t tour, enum signaling_recording_state state);
/* A recording has begun now, where none was or in the place of another one: it is on. */
void signaling_recording_started(struct signaling *s, uint64_t tour);
/* A recording that could not begin when it was ordered begins now, and has heard of nothing yet:
 * what holds in its tour is told once more. */
void signaling_recording_begins(struct signaling *s, uint64_t tour);

/* What a wall clock shows at `now`, for the times that people read and plan by: call it after
 * signaling_new and then now and then, for clocks drift and are set. Before the first call it is
 * 1970. */
void signaling_clock(struct signaling *s, us_t now, wall_t wall);

/* When to call signaling_timeout, US_NEVER = not at all. After a call it may be in the past again:
 * many seats that run out at once are handled in portions. */
us_t signaling_deadline(const struct signaling *s);
/* Do what is due at `now`: seats and tours whose grace ran out. */
void signaling_timeout(struct signaling *s, us_t now);

enum signaling_effect_type {
    EFFECT_SEND,         /* conn: text, len */
    EFFECT_CLOSE,        /* conn: close with ws_status after what was sent */
    EFFECT_HTTP,         /* req: status, content_type, location, etag, text, len */
    EFFECT_COMMAND,      /* command, to the engine of each of workers */
    EFFECT_MIX,          /* tour, worker, peer, participant (0: none); on: it hears the mix without
                            that one, or no more */
    EFFECT_TOUR,         /* tour, name, title, on: it begins, before all that is said of it, or it
                            has ended: for the log and the recording */
    EFFECT_PARTICIPANT,  /* tour, participant, number, sub, name, role, on, consent_version: for the
                            journal and other programs */
    EFFECT_MUTED,        /* tour, participant, kind, on: this source is muted, or no more: for the
                            journal */
    EFFECT_RECORD,       /* tour, worker, codec, on: start or stop the recording */
    EFFECT_ENTRY,        /* tour, worker, participant who says it (0: nobody in it), seq, name: its
                            kind, text: what else it has, as a JSON object, title: its text; on: it
                            belongs into the recording; again: it was said before, and holds */
    EFFECT_RECORD_PAUSE, /* tour, worker, participant who says so, on: nothing is recorded for now
                          */
    EFFECT_ACT           /* for the audit log: somebody has done this to others, or came in, or was
                            refused. act, and name: its word; on: what it turns on; conn, or req,
                            tour_name, sub, person, role: who; whom, number: to whom, 0: nobody;
                            code: why not; text: what else it says; or NULL */
};

struct signaling_effect {
    uint8_t type;  /* enum signaling_effect_type */
    uint8_t kind;  /* enum source_kind */
    uint8_t codec; /* enum codec of the tour's pictures */
    uint8_t act;   /* enum signaling_act */
    bool on, again;
    uint16_t status;  /* HTTP status or WebSocket close status */
    uint32_t number;  /* of the participant: "p7" on the wire */
    uint32_t worker;  /* of the peer, or home of the tour */
    uint64_t workers; /* bit per worker */
    uint64_t conn, req, tour, peer, participant, seq;
    const char *text;
    size_t len;
    const char *content_type, *location, *etag;
    const char *name, *title, *role, *consent_version, *sub;
    const char *tour_name, *person, *whom; /* of EFFECT_ACT */
    enum code code;
    uint32_t retry_after_s; /* 0: not said */
    struct command command; /* borrows what it points to */
};
/* The next effect, in order; false when there is none. Pointers are valid until the next call of
 * any signaling_ function. */
bool signaling_effect(struct signaling *s, struct signaling_effect *ret);

/* Whom a media session belongs to, as the protocol names them. */
struct signaling_who {
    char tour[TOUR_NAME_MAX + 1];
    char participant[16]; /* "p7"; "probe" of who tries out the network; of a viewer of WHEP "whep-"
                             and the first 8 digits of the name of its resource: enough to tell it
                             by, too little to use it */
};
/* False when there is no such session any more. */
bool signaling_peer_who(const struct signaling *s, uint64_t peer, struct signaling_who *ret);

/* Numbers for metrics. */
struct signaling_stats {
    uint32_t connections, tours, participants, sessions;
    uint32_t waiting; /* in lobbies; not among participants */
    uint32_t probes;  /* who tries out the network; their transports are among sessions */
    uint64_t messages, errors;
    uint64_t refused[CODE_COUNT]; /* of errors, by code */
    uint64_t overloaded;          /* newcomers who were refused for that */
    uint64_t unkept;              /* times that there was no place to keep it all */
    uint64_t kept_bytes;          /* [bytes] of the log; 0: there is none */
};
struct signaling_stats signaling_stats(const struct signaling *s);

#endif
