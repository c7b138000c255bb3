/* The inside of the engine, shared by the files of this folder only.
 *
 * DESIGN. Nothing that goes out is built before engine_output asks for it. What there is to send
 * is kept as state: one STUN reply, a list of peers that have something of their own to say
 * (handshake, RTCP), a bounded ring of retransmissions, and the packet that is being fanned out
 * with a cursor over the slots it goes to. So no queue of datagrams exists, and the cost of a
 * packet for a viewer is one seal into the caller's buffer. */
#ifndef ORIEL_MEDIA_ENGINE_H
#define ORIEL_MEDIA_ENGINE_H

#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"
#include "media/ice/ice.h"
#include "media/media.h"
#include "media/wire/rtp.h"
#include "media/wire/vp8.h"

#define ENGINE_EVENTS_MAX 1024 /* events that wait for engine_event; slot changes wait in slots */
#define ENGINE_TAPS_MAX 1024   /* tap messages that wait for engine_tap */
#define ENGINE_RESEND_MAX 256  /* retransmissions one RTCP datagram may ask for */
#define ENGINE_REPLAY_MAX 16   /* viewers who join at once and share a key frame */
#define ENGINE_REPLY_MAX 512   /* [bytes] largest STUN reply */

struct peer;
struct slot;
struct source;
struct tour;

/* First member of whatever has a timer. */
struct engine_timer {
    struct timer timer;
    bool of_tour; /* else of a peer */
};

struct event_queue {
    uint32_t head, n;
    struct media_event nowhere; /* for one that does not fit: written, never read */
    struct media_event ring[ENGINE_EVENTS_MAX];
};

struct tap_queue {
    uint32_t head, n, dropped;
    struct tap ring[ENGINE_TAPS_MAX];
};

/* The packet that is being fanned out. */
struct fanout {
    struct packet *packet; /* NULL = nothing */
    struct source *source;
    struct link *next; /* of the source's subs */
    struct rtp rtp;
    uint64_t seq; /* extended, of the source */
    bool keyframe;
    bool has_vp8; /* vp8 is valid: parsed once, not once per viewer */
    struct vp8 vp8;
};

struct resend {
    struct slot *slot;
    uint16_t seq; /* as the viewer saw it */
};

/* A slot that shows nothing yet is to get a source that has just sent a key frame: it is sent what
 * the retransmission cache has since then, instead of a request that would have to wait. */
struct replay {
    struct slot *slot;
    struct source *source;
    uint64_t next, end; /* extended sequence numbers of the source, end excluded */
};

struct stun_reply {
    struct addr to;
    size_t len; /* 0 = none */
    uint8_t data[ENGINE_REPLY_MAX];
};

struct engine {
    struct engine_config c;
    struct engine_counters n;
    us_t now; /* of the last call; time never runs backwards */
    uint64_t seed;
    struct ice *ice;
    struct map *peers;  /* handle -> struct peer */
    struct map *ufrags; /* hash of the local ufrag -> struct peer */
    struct map *addrs;  /* hash of a validated remote address -> struct peer */
    struct map *tours;  /* handle -> struct tour */
    struct timers timers;
    struct link ready;     /* peer.ready: peers with datagrams of their own */
    struct link dirty;     /* peer.dirty: peers with slot changes to tell */
    struct link changed;   /* tour.changed: tours whose ranking must run again */
    struct link all_tours; /* tour.in_engine */
    struct link leaving;   /* peer.in_tour: removed peers that still say BYE or an alert */
    struct stun_reply reply;
    struct fanout fanout;
    uint32_t resend_head, n_resend;
    struct resend resend[ENGINE_RESEND_MAX];
    uint32_t n_replay;
    struct replay replay[ENGINE_REPLAY_MAX];
    uint32_t next_tap;   /* ids of sources for taps */
    uint64_t next_order; /* order of arrival of sources */
    struct event_queue events;
    struct tap_queue taps;
    uint8_t scratch[PACKET_CAP]; /* a payload whose descriptor is rewritten */
};

/* Every public call that changes state begins here: time runs forward, and the last input's
 * fan-out has been drained (the law of media.h). */
void engine_begin(struct engine *e, us_t now);
/* And ends here: ranking runs where something has changed. */
void engine_end(struct engine *e);

/* event_queue.c. An event that does not fit is lost: engine_timeout leaves room, so that this
 * takes a caller who does not drain. */
struct media_event *event_push(struct engine *e, enum media_event_type type);
bool event_room(const struct engine *e);

/* tap_queue.c. A full queue drops the message and tells how many with the next. The packet of a
 * TAP_RTP gets a reference of its own. */
void tap_push(struct engine *e, const struct tap *t);
bool tap_room(const struct engine *e);
void tap_drain(struct engine *e);
/* The source of this message's kind begins or ends. */
void tap_source(struct source *s, us_t now, bool on);
/* What the stage and the loudest voice of a tapped tour are now, when that has changed. */
void tap_stage(struct tour *t, us_t now);

/* forward.c */
bool forward_idle(const struct engine *e);
void forward_start(struct engine *e, const struct fanout *f);
void forward_stop(struct engine *e);
/* Queue a retransmission; false when the ring is full. */
bool forward_resend(struct engine *e, struct slot *s, uint16_t seq);
/* Send the slot what its source has sent since its last key frame. False when that is too long ago,
 * not cached any more, or too many slots ask at once. */
bool forward_replay(struct engine *e, struct slot *s, struct source *source, us_t now);
/* The peer leaves: nothing of it or for it is replayed. */
void forward_forget(struct engine *e, const struct peer *p);
bool forward_output(struct engine *e, us_t now, struct datagram *ret);

#endif
