/* The engine's own state, shared by the files of this room only. What each of them does is in its
 * own header.
 *
 * DESIGN. Nothing that goes out is built before engine_output asks for it. What there is to send is
 * kept as state: one STUN reply, a list of sessions that have something of their own to say
 * (handshake, RTCP), and what the fan-out holds. So no queue of datagrams exists, and the cost of a
 * packet for a viewer is one seal into the caller's buffer. The same holds for what is to be done:
 * lists of feeds that want a key frame and of tours whose ranking has changed, worked off before a
 * public call returns (turn.h); and what there is to tell is a comparison (event.h). */
#ifndef ORIEL_MEDIA_ENGINE_ENGINE_H
#define ORIEL_MEDIA_ENGINE_ENGINE_H

#include "base/list.h"
#include "base/map.h"
#include "base/owner.h"
#include "base/timers.h"
#include "media/engine/handshakes.h"
#include "media/engine/slot_pool.h"
#include "media/engine/tap.h"
#include "media/media.h"
#include "media/out/fanout.h"
#include "media/transport/path.h"

#define STUN_MAX 512         /* [bytes] a longer answer is not sent */
#define ENGINE_ANSWERS_MAX 3 /* STUN messages that one input may cause (input.c) */

/* First member of whatever has a timer. */
struct engine_timer {
    struct timer timer;
    bool of_tour; /* else of a session */
};

#define ENGINE_RELAYS_MAX 1024 /* messages to other engines that wait for engine_relay */

struct relay_queue {
    uint32_t head, n;
    struct {
        struct relay m;
        uint64_t to; /* bit per worker; however many, it is one message here */
    } ring[ENGINE_RELAYS_MAX];
};

struct engine {
    struct owner owner; /* the worker's thread */
    struct engine_config c;
    struct engine_counters n;
    us_t now; /* of the last call; time never runs backwards */
    struct transports transports;
    struct map *peers; /* handle -> struct session */
    struct map *tours; /* handle -> struct tour */
    struct timers timers;
    struct link ready;   /* session.ready: they have datagrams of their own */
    struct link news;    /* session.news: they have something to tell */
    struct link spoken;  /* tour.spoken: somebody else speaks there */
    struct link changed; /* tour.changed: tours whose ranking must run again */
    struct feeds feeds;
    int64_t taken_paid;        /* [ns] of intake.h, */
    struct link taking;        /* and tour.taking: those that send, who was longest silent first, */
    uint32_t n_taking;         /* and how many */
    uint32_t n_level_decoders; /* sources that are decoded for their level */
    uint32_t n_live;           /* feeds that flow, of which packets of our pool are kept */
    struct link untold;        /* flow.untold: another worker is to be told what of it flows */
    struct link copies;        /* layer.copy: another worker is to get a copy of its picture */
    uint32_t copies_left;      /* messages of these that may go out now, and */
    us_t copies_at;            /* [us] when there are more; US_NEVER: none waits */
    struct map *replicas;      /* origin << 32 | id -> struct replica */
    struct link all_tours;     /* tour.in_engine */
    struct link leaving;       /* session.in_tour: removed, but they still say BYE or an alert */
    unsigned n_inputs;         /* since engine_output said that there is no more */
    struct handshakes handshakes;
    struct path_replies stun; /* to the STUN message under way */
    unsigned n_stun;          /* datagrams that answer those of this batch */
    struct {
        struct addr to, from;
        uint16_t len;
        uint8_t data[STUN_MAX];
    } stun_out[ENGINE_ANSWERS_MAX * ENGINE_BATCH_MAX + HANDSHAKES_STEPS];
    struct datagram own; /* what a session has to say itself */
    struct fanout fanout;
    struct slot_pool slots; /* in which sessions are kept (keep.h) */
    uint32_t next_tap;      /* ids of sources for taps */
    uint32_t next_flow;     /* and for other workers */
    struct relay_queue relays;
    struct tap_queue taps;
};

#endif
