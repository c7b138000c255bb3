/* The relay engine of one worker: SANS-I/O. It takes datagrams, commands and `now`, and yields
 * datagrams, events and taps. It has no clock, socket, thread, lock, file or log.
 *
 *   input(now, packet)... · command(now, c) · timeout(now)     change state
 *   output(now, d) · event(e) · tap(t)                      drain what came of it
 *   deadline()                                              when to call timeout
 *
 * **THE LAW: after every batch of at most ENGINE_BATCH_MAX inputs, and after every command or
 * timeout, drain output, event and tap until each is empty.** Fan-out is lazy: received packets are
 * sealed for one viewer after another inside output(), straight from the shared plaintext into the
 * caller's buffer, all that came of a source with one batch as one train. The next batch may only
 * come when the last one has been drained (a CHECK enforces it).
 *
 * Owner: one worker thread. Nothing here blocks. On the packet path nothing allocates; peers,
 * tours and handshakes allocate when they are made. `now` never runs backwards. */
#ifndef ORIEL_MEDIA_MEDIA_H
#define ORIEL_MEDIA_MEDIA_H

#include "base/command.h"
#include "base/packet.h"
#include "base/rng.h"
#include "media/bwe/bwe.h"
#include "media/engine/relay.h"
#include "media/engine/snapshot.h"
#include "media/recv/police.h"
#include "media/secure/dtls.h"
#include "media/wire/counters.h"
#include "media/wire/tap.h"
#include "media/wire/train.h"

struct engine;

struct engine_config {
    uint32_t worker;        /* number of this engine among those that share tours, 0..62 */
    uint32_t max_peers;     /* range 1..65535 */
    uint32_t max_tours;     /* range 1..65535 */
    uint32_t cache_packets; /* retransmission cache per source, power of two, 64..4096 */
    struct police_limit police[SOURCE_KIND_COUNT]; /* per sending m-line; zeros: no limit */
    uint32_t tour_bytes;     /* [bytes/s] of RTP that sessions here send in one tour, 0: no limit */
    uint32_t worker_bytes;   /* [bytes/s] and in all */
    uint32_t rtcp_packets;   /* [1/s] RTCP datagrams of a session, 0: no limit */
    uint32_t rtcp_requests;  /* [1/s] what it may ask for in them, 0: no limit: packets by NACK, key
                                frames by PLI and FIR */
    uint32_t pool_packets;   /* of the pool that inputs come from: half of them may be kept for
                                retransmission, shared by all sources that flow; 0: no such bound */
    uint32_t pool_reserve;   /* and when fewer than this are idle no RTP is kept or tapped, so that
                                STUN, DTLS and RTCP are never without a buffer */
    struct bwe_config bwe;   /* of what is sent to a viewer */
    uint32_t level_decoders; /* sources whose client sends no level (RFC 6464) that are decoded
                                for it, at most */
    uint32_t repair_percent; /* viewers that lose more get a share with repairs, 0 = never */
    uint32_t redundancy_percent; /* viewers that lose more get speech twice (RFC 2198), 0 = never */
    us_t media_silence;          /* [us] media to a peer pauses after this without an
                                     authenticated packet (design: 8 s) */
    us_t peer_timeout;           /* [us] and it is gone after this (design: 15 s) */
    us_t join_timeout;           /* [us] from peer_add to finished DTLS (30 s) */
    us_t layer_rest;        /* [us] a layer that nobody has needed for so long is to be stopped by
                               its sender, if that obeys (session_params.obeys_layers); 0 = never */
    us_t keyframe_interval; /* [us] periodic request while tapped or cached, 0 = never (10 s) */
    us_t gop_age;           /* [us] and bytes up to which a picture is kept from its key frame */
    uint32_t gop_bytes;     /* on, for who comes late; 0: not for longer than 0.8 s */
    wall_t wall_at_zero;    /* wall clock when us_t was 0: NTP times of sender reports */
    struct session_slot *slots; /* max_peers of them, borrowed and 8-byte aligned, in memory that
                                   outlives the process; NULL: nobody is to go on with sessions.
                                   See engine_slots */
    const struct dtls_identity *identity; /* borrowed, outlives the engine */
    struct rng rng;                       /* borrowed */
};

/* NULL when memory is out. */
struct engine *engine_new(const struct engine_config *c);
/* NULL allowed; returns NULL. Drops every reference to packets. */
struct engine *engine_free(struct engine *e);

/* It is another thread's from now on: whichever uses it next. */
void engine_release(struct engine *e);

#define ENGINE_BATCH_MAX 64 /* inputs between two drains */

/* A received datagram. Takes over the caller's reference to p. Never fails: what is not valid is
 * counted (engine_counters) and dropped without a change of state. */
void engine_input(struct engine *e, us_t now, struct packet *p);

/* What is to be sent next; false when drained. */
bool engine_output(struct engine *e, us_t now, struct train *ret);

/* When to call engine_timeout, or US_NEVER; may be in the past. */
us_t engine_deadline(const struct engine *e);
/* Do what is due at now; early calls do no harm. Then drain. */
void engine_timeout(struct engine *e, us_t now);

/* Do what signaling wants (base/command.h says of each type what it reads and its errors); reads
 * what c points to, and keeps none of it. Then drain. An error: nothing has changed;
 * ERR_UNSUPPORTED: there is no such type. */
enum err engine_command(struct engine *e, us_t now, const struct command *c);

enum media_event_type {
    MEDIA_PEER_CONNECTED, /* ICE validated and DTLS finished */
    MEDIA_PEER_FAILED,    /* the peer is removed; reason: ERR_AUTH = wrong certificate or handshake,
                             ERR_UNSUPPORTED = no SRTP profile or cipher suite in common,
                             ERR_AGAIN = join_timeout, ERR_NOMEM */
    MEDIA_PEER_GONE,      /* removed: silent for peer_timeout, or it has closed (close_notify) */
    MEDIA_SOURCE_ON,      /* first packet of a source: participant, source_kind */
    MEDIA_SOURCE_OFF,   /* silent while its peer is heard (source.h), muted, or its peer is gone */
    MEDIA_LAYERS,       /* peer, mid, source_kind, layers: which of them are to be sent from now on;
                           only of a session that obeys_layers */
    MEDIA_SLOT_CHANGED, /* peer, mid, participant (0 = empty), source_kind, paused */
    MEDIA_RECEPTION,    /* peer: how well what is sent to it arrives; reason: enum reception */
    MEDIA_SPEAKER,      /* tour, participant (0 = nobody) */
    MEDIA_OFFENCE       /* the peer does what no well-behaved client does; reason: enum
                           media_offence; at most once a second for each */
};

enum media_offence {
    OFFENCE_RATE, /* sends more than its m-line may; source_kind: the one that does most */
    OFFENCE_NACK, /* asks for the same packets more often than any client (send/limit.h), or for
                     what was never sent */
    OFFENCE_RTP,  /* sends packets that are no m-line's */
    OFFENCE_BYE,  /* says that a source leaves, again and again */
    OFFENCE_RTCP, /* sends more RTCP, or asks for more in it, than a session may */
    OFFENCE_COUNT
};
/* "rate", "nack", "rtp", "bye", "rtcp". */
const char *media_offence_name(enum media_offence o);

struct media_event {
    uint8_t type;        /* enum media_event_type */
    uint8_t source_kind; /* enum source_kind */
    uint8_t reason;      /* enum err, MEDIA_PEER_FAILED; enum media_offence, MEDIA_OFFENCE; enum
                            reception, MEDIA_RECEPTION */
    uint8_t handshake;   /* MEDIA_PEER_FAILED: enum dtls_failure, for logs; 0 = none of it */
    uint8_t layers;      /* MEDIA_LAYERS: bit per rid of its session_line, in that order */
    bool paused;         /* MEDIA_SLOT_CHANGED: its path does not carry the picture, none is sent */
    char mid[MID_MAX + 1];
    uint64_t tour, peer, participant; /* 0 where it does not apply */
};
/* The next event; false when there is none. An event is the difference between what is so and what
 * was last told, so none is lost however late it is asked for; those of one peer come in order. */
bool engine_event(struct engine *e, struct media_event *ret);

/* What is to be told to the engine of worker ret->to; false when there is nothing. The caller takes
 * over the reference in it (relay_carries). Drain it as output, event and tap. */
bool engine_relay(struct engine *e, struct relay *ret);
/* The same arrives: counts as one input of a batch. Takes over the reference. */
void engine_relay_input(struct engine *e, us_t now, const struct relay *m);

/* The next tap message; the caller takes over the reference in ret->packet. */
bool engine_tap(struct engine *e, struct tap *ret);

/* A listener to the taps lacks a key frame: one is asked for, throttled as for any viewer, unless
 * one has come that begins behind a->seen. Then drain, as after a command. ERR_UNKNOWN: no such
 * source is tapped now. */
enum err engine_tap_ask(struct engine *e, us_t now, const struct tap_ask *a);

/* Valid until the engine is freed. Owner thread. */
const struct engine_counters *engine_counters(const struct engine *e);

/* One row of live state, for the inspection API and tests. */
struct peer_stats {
    uint64_t peer, participant, tour;
    bool connected;
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    us_t last_authentic; /* [us] */
    uint64_t rate;       /* [bit/s] that may be sent to it; 0: it receives nothing */
};
/* Fills ret for this peer. ERR_UNKNOWN. */
enum err engine_peer_stats(const struct engine *e, uint64_t peer, struct peer_stats *ret);

/* A session can be rebuilt (docs/architecture.md): in short, a process that may be killed gives
 * each peer a slot in memory that outlives it; the next one reads the slots and adopts. */

/* The first n of engine_config.slots are there now: to be written, and all zero where they were
 * not there before. Each peer is kept in one of them from when it is added or adopted (as by
 * engine_peer_slot, before this engine seals anything for it) until it is gone. One for which none
 * is idle goes on without, and is counted (peers_unkept). Fewer than before changes nothing. */
void engine_slots(struct engine *e, uint32_t n);
/* How many of those are nobody's. */
uint32_t engine_slots_idle(const struct engine *e);
/* The slot in which this peer is kept; NULL: in none, or there is no such peer. */
struct session_slot *engine_peer_kept(const struct engine *e, uint64_t peer);

/* Keep this peer in `slot` (snapshot.h), so that another process can go on with it whenever this
 * one is killed. From its return on no (key, index) pair is used for what is sent to the peer that
 * the slot has not promised away before. The engine empties the slot when the peer is removed,
 * fails or is gone, before it tells so, and then touches it no more; engine_free leaves it as it
 * is. Another slot of the same peer is emptied. Give a slot when the peer is added; an adopted one
 * gets it before the next engine_output. The slot is borrowed, 8-byte aligned, and one peer's at a
 * time. ERR_UNKNOWN; ERR_WRONG_STATE: it was handed over. */
enum err engine_peer_slot(struct engine *e, us_t now, uint64_t peer, struct session_slot *slot);
/* Another process takes this peer over now: its slot is final, what is left to do is to remove it
 * here. Nothing is sealed for it any more (counted as drop_lease), no BYE and no close_notify
 * either. The slot is not touched again. ERR_UNKNOWN; ERR_WRONG_STATE: it has no
 * slot, or is not connected. */
enum err engine_peer_hand_over(struct engine *e, us_t now, uint64_t peer);
/* Everything needed to go on with a peer in another engine, by value, when this engine is drained
 * and sends it nothing any more. ERR_UNKNOWN, ERR_WRONG_STATE (not connected). */
enum err engine_snapshot(const struct engine *e, uint64_t peer, struct session_snapshot *ret);
/* Adopt a peer from a snapshot; its tour must exist. Errors as COMMAND_PEER_ADD; ERR_FORMAT for a
 * snapshot that is not valid. Slots resume on the sources that are adopted too, in whatever order
 * their peers come; who has not come after 2 s is given up. From a final snapshot everything goes
 * on exactly, and nothing that only continues is told again: no MEDIA_PEER_CONNECTED,
 * MEDIA_SOURCE_ON or MEDIA_SLOT_CHANGED. From one that session_slot_read gives, sequence numbers
 * and picture ids go on with a step, pictures with a key frame, and all three events are told once
 * more, because whoever was told before may have died with it. MEDIA_LAYERS is told once more in
 * any case: a publisher who obeys begins with all its layers. */
enum err engine_adopt(struct engine *e, us_t now, const struct session_snapshot *s);

#endif
