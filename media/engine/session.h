/* One client inside the engine: its transport, what it sends (inbound m-lines and the sources they
 * have become) and what it receives (slots with their streams). Made by a command, connected by its
 * handshake, ended by a command, a failure or silence; then it lingers until its last datagrams
 * have been sent. Owner: the engine's thread. */
#ifndef ORIEL_MEDIA_ENGINE_SESSION_H
#define ORIEL_MEDIA_ENGINE_SESSION_H

#include "media/bwe/receive.h"
#include "media/bwe/upgrade.h"
#include "media/engine/engine.h"
#include "media/engine/snapshot.h"
#include "media/feed/inbound.h"
#include "media/recv/twcc.h"
#include "media/room/room.h"
#include "media/send/redundancy.h"
#include "media/transport/transport.h"

struct source;
struct tour;

#define SLOT_PAUSED (-1)            /* its path does not carry even the smallest layer */
#define SLOT_TOLD_BEFORE UINT64_MAX /* somebody, by another engine */

struct slot { /* a receiving m-line; what belongs there is in viewer.slots of the same index */
    struct session_line line;
    struct stream stream;
    uint64_t told;     /* participant last reported by MEDIA_SLOT_CHANGED, or SLOT_TOLD_BEFORE */
    uint8_t told_kind; /* enum source_kind */
    bool told_paused;  /* and whether its picture was, */
    us_t paused_at;    /* [us] when that alone was told last */
    int8_t layer;      /* of flow.layers, that it gets, or SLOT_PAUSED */
    us_t sized_until;  /* [us] no larger size within a layer is chosen before that */
    struct upgrade upgrade; /* larger sizes that were tried in vain, */
    uint64_t upgrade_of;    /* of the flow with this id, after that of its origin */
    struct {                /* the last report block about it */
        uint32_t highest_seq;
        int32_t lost;
        uint64_t given; /* of rewrite.h, up to highest_seq */
        bool any;
    } reported;
    uint32_t resume; /* snapshot_key of what is still to be adopted, 0 = nothing; */
    bool anew;       /* with a key frame */
};

enum session_end { SESSION_GOES_ON, SESSION_REMOVED, SESSION_FAILED, SESSION_GONE };

struct session {
    struct engine_timer timer; /* first: the engine finds the session by its timer */
    struct engine *engine;
    struct tour *tour; /* NULL once it has left */
    struct link in_tour, ready, news;
    uint64_t tour_handle;
    uint64_t handle, participant;
    us_t offence_since; /* [us] begin of the window of offence.h */
    uint32_t offences[OFFENCE_COUNT];
    uint32_t over[SOURCE_KIND_COUNT]; /* of OFFENCE_RATE, by which source */
    uint8_t offender;                 /* bit of media_offence: to be told */
    us_t rtcp_paid;                   /* police_spend of engine_config.rtcp_packets */
    us_t requests_paid;               /* and of rtcp_requests */
    bool host, record_consent;
    bool obeys_layers;                   /* what nobody needs can be stopped (need.h) */
    struct session_slot *kept_in;        /* the rim's memory; NULL = not kept (keep.h) */
    bool keep_due;                       /* it was written there with the last report */
    bool handed_over;                    /* another process has the session: not a word from here */
    bool rebuilt;                        /* adopted from a snapshot that was not final */
    bool say_bye;                        /* RTCP BYE is still to be sent */
    bool says_farewell;                  /* it leaves in peace: close_notify follows the BYE */
    uint8_t end;                         /* enum session_end */
    uint8_t reason;                      /* enum err, with SESSION_FAILED */
    bool quiet;                          /* its tour is being removed: nothing is told of it */
    bool told_up;                        /* MEDIA_PEER_CONNECTED was told */
    bool told_live[SESSION_SOURCES_MAX]; /* of lines[i]: MEDIA_SOURCE_ON was told last */
    uint8_t told_off[SESSION_SOURCES_MAX]; /* of lines[i]: as source.off, what MEDIA_LAYERS told */
    char cname[CNAME_MAX + 1];
    struct transport transport;
    struct room_viewer viewer;

    uint32_t rtcp_ssrc; /* sender of our feedback */
    us_t report_at;
    struct recv_twcc *twcc;      /* made with the first source that has agreed on it */
    struct bwe_receive *receive; /* likewise, of REMB; NULL: not agreed */
    uint32_t twcc_media;         /* ssrc named in transport feedback */
    struct clock_offset offset;  /* its clock against ours, by its sender reports */
    us_t rtt;                    /* [us] by its receiver reports, 0 = unknown */
    struct bwe *bwe;             /* what its path carries; NULL: it receives nothing */
    struct addr bwe_for;         /* where that path leads */
    uint64_t allot_spent;        /* [bit/s] what the chosen layers take */
    uint64_t allot_rate;         /* [bit/s] what they were chosen for */
    us_t allot_at;               /* [us] they were chosen */
    us_t starved_at;             /* [us] since then not even the last picture fits; 0: it does */
    bool allot_due;              /* and are to be again soon */
    struct {
        uint8_t is, told; /* enum reception, RECEPTION_COUNT: an engine before this one knew */
        int8_t way;       /* it is worse (1) or better (-1) now, */
        us_t since;       /* [us] for so long */
    } reception;
    struct send_redundancy redundancy; /* of the voices that it hears */
    struct out_queue queue;            /* what it is to be sent besides what is live */

    uint8_t n_lines, n_slots;
    struct inbound_line lines[SESSION_SOURCES_MAX]; /* n_lines */
    struct source *sources[SESSION_SOURCES_MAX];    /* of lines[i]; NULL until its first packet */
    struct slot slots[];                            /* n_slots */
};

/* The session that this transport is part of. */
static inline struct session *session_of(struct transport *t) {
    return CONTAINER_OF(t, struct session, transport);
}
/* NULL when there is none. */
struct session *session_find(const struct engine *e, uint64_t handle);
/* Checks the parameters (ERR_RANGE) and makes a session that is in its tour and in all maps.
 * ERR_UNKNOWN (tour), ERR_EXISTS, ERR_FULL, ERR_NOMEM. */
enum err session_create(struct engine *e, us_t now, const struct session_params *p,
                        struct session **ret);
/* The handshake has finished. */
void session_connected(struct session *s, us_t now);
/* Out of maps and tour, its sources off; freed when its last datagrams are sent. */
void session_leave(struct session *s, us_t now, bool bye);
/* The same, with an event: MEDIA_PEER_FAILED with this reason, or MEDIA_PEER_GONE for OK. */
void session_fail(struct session *s, us_t now, enum err reason);
/* Free one that has left, whatever it still had to say. */
void session_destroy(struct session *s);
/* The same when it has left and has nothing more to send or to tell. */
void session_release(struct session *s);

#endif
