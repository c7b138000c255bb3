/* A model browser: controlling ICE agent, DTLS client, SRTP, up to three sources and the receiving
 * slots of one peer connection. Each browser has a link up and a link down. Split over
 * sim_browser.c (connection and timers), sim_publish.c (what it sends), sim_play.c (what it
 * receives) and sim_rtcp.c. Owner: the world. */
#ifndef ORIEL_TESTS_SIM_BROWSER_H
#define ORIEL_TESTS_SIM_BROWSER_H

#include "base/seq.h"
#include "media/bwe/bwe.h"
#include "media/media.h"
#include "media/recv/twcc.h"
#include "media/secure/srtp.h"
#include "tests/sim/sim_link.h"
#include "tests/sim/sim_media.h"
#include "tests/sim/sim_stun.h"

struct world;

#define HISTORY 256 /* packets kept for retransmission per source */
#define RING 1024   /* packets awaited or held per slot */
#define DECODED 32  /* frames that a decoder remembers */
#define SEALED_STREAMS 40
#define SEALED_WINDOW 4096 /* indices remembered per stream */

/* What a camera or a screen gives. Zeros: a few small packets a frame, whatever the network says,
 * which is fast to simulate. */
struct video_options {
    uint32_t rates[SESSION_LAYERS_MAX]; /* [bit/s] of its streams at most, the largest first; more
                                           than one is simulcast */
    uint8_t fps;                        /* [1/s] */
    bool temporal;                      /* in three layers (L1T3) */
    uint16_t key_after;                 /* [ms] so late comes a key frame that was asked for, */
    uint16_t key_gap;                   /* [ms] one is asked for in vain so soon after another */
    bool keys_together;                 /* and all streams have one with it */
    bool svc; /* VP9, rates are of three sizes in one stream, in three frame rates (L3T3_KEY) */
};

struct browser_options {
    bool microphone, camera, screen; /* m-lines and, from the start, sources */
    bool host, consent, announce_ssrc, loudest_audio;
    uint8_t n_gallery;  /* receiving gallery slots, 0..3 */
    bool receives;      /* stage, gallery and audio slots */
    bool far;           /* on the other worker (world_span) */
    bool follows_remb;  /* its sources know no transport-wide numbers; it obeys REMB */
    uint8_t codec;      /* enum codec of what it receives and sends: 0 is VP8 */
    bool obeys_layers;  /* sends the layers that it is told to */
    bool feedback;      /* transport-wide feedback and RTX for what it receives */
    bool repairs;       /* FlexFEC for what is on its stage */
    bool red;           /* redundant audio: sends it, and understands it */
    bool any_first_seq; /* sequence numbers of the sources start anywhere, not below 2^15 */
    uint16_t first_seq; /* used when not 0 */
    struct video_options video[SOURCE_KIND_COUNT];
    struct sim_link_config up, down;
};

enum browser_phase { BROWSER_CHECKING, BROWSER_HANDSHAKING, BROWSER_CONNECTED };

struct sent_packet { /* enough to send it again as RTX */
    uint64_t index;
    uint32_t ts;
    bool used, marker;
    struct content content; /* what it is, it can be written again */
};

struct publish {           /* one outgoing stream of a source */
    struct publish *lower; /* the next smaller one of the same source */
    const struct video_options *video;
    uint8_t layer;
    uint32_t rate;      /* [bit/s] that its encoder gives now; 0: nothing */
    int64_t debt;       /* [bytes] that key frames took more than there was */
    struct content out; /* the frame under way: out.packet is the next */
    uint32_t out_bytes; /* of it */
    bool sending;       /* it is not through yet */
    us_t frame_at;      /* [us] the next frame */
    us_t captured;      /* [us] and the one under way */
    const struct session_line *line;
    bool on, key_wanted, speaking;
    us_t asked_at; /* [us] a key frame was asked for and is made, */
    us_t key_due;  /* [us] not before that time; 0: none */
    bool muted;    /* by the platform */
    bool stopped;  /* it was told that nobody needs it */
    us_t told_at;  /* [us] it will know whether it is stopped: the message is under way; 0: it knows
                    */
    bool told_stopped;
    uint32_t ssrc, rtx_ssrc;
    uint64_t index, rtx_index; /* next */
    uint64_t first_index;
    uint32_t ts_base;
    us_t started, next_at;
    uint8_t spatial;           /* svc: of the next frame, */
    bool of_key;               /* and whether its picture is a key one */
    uint32_t frame, key_frame; /* number of the next frame; of the last key frame */
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint32_t packets, octets;
    uint64_t plis;              /* key frames asked of us */
    uint64_t keyframes, nacked; /* key frames sent; sequence numbers asked of us */
    struct sent_packet history[HISTORY];
};

struct held {                /* a received packet waiting for its turn */
    bool have, asked, empty; /* empty: a number without anything in it */
    bool repeated;           /* it came with one after it (RFC 2198), and not by itself */
    us_t at;                 /* arrival, or when the gap was noticed */
    uint64_t order;          /* world.order of the datagram that it came in */
    us_t nacked;             /* last NACK */
    uint64_t seq;
    uint32_t ts;
    bool marker;
    struct content content;
};

struct play { /* one receiving slot */
    const struct session_line *line;
    bool video;
    struct seq_ext ext;
    uint64_t next;      /* sequence number to be processed next */
    uint64_t first_seq; /* of the reports */
    bool begun;
    us_t begun_at;
    struct held ring[RING];
    struct held last;             /* last one processed in order */
    bool chain;                   /* all is there that the next frame needs, as far as is known */
    bool broken;                  /* something was given up since the last key frame */
    bool decodable;               /* what the current frame needs is there */
    uint32_t decoded[DECODED];    /* number + 1 of frames, by number: what others may need */
    bool gap;                     /* packets have been given up since `last` */
    bool restarted;               /* the stream has gone on far ahead of `last` */
    unsigned restarts;            /* and has left out so many leases so far */
    bool frame_whole;             /* the current frame has no gap so far */
    us_t first_frame, last_frame; /* [us] decoded, 0 = never */
    us_t changed_at;              /* [us] begun, or another source */
    us_t pli_at;
    uint64_t told;         /* participant that the last MEDIA_SLOT_CHANGED named */
    uint8_t told_kind;     /* and what of it, enum source_kind */
    us_t longest;          /* [us] between two frames decoded; scenarios set it to 0 */
    uint32_t first_number; /* of the frame decoded first, */
    uint32_t last_number;  /* and last */
    uint32_t lsr;          /* of the last sender report, and when it came [us] */
    us_t lsr_at;
    uint64_t received; /* packets for the first time, repairs too */
    uint64_t reported_expected, reported_received;
    struct sim_fec *fec;     /* NULL: not agreed on */
    struct samples *repairs; /* borrowed: from the gap to the repair; NULL: not asked */
    uint64_t frames, packets, switches, resizes, keyframes, lost, repaired, plis;
};

struct sealed { /* what the engine has sealed for one ssrc: no index twice */
    uint32_t ssrc;
    struct seq_ext ext;
    bool any;
    uint64_t seen[SEALED_WINDOW / 64];
};

struct browser {
    struct world *w;
    unsigned number;
    struct browser_options o;
    const struct dtls_identity *identity;
    struct session_params params;
    uint16_t mark; /* by which others know its packets; not that of another browser */
    struct addr addr;
    struct sim_link up, down;
    struct sim_link *way; /* what comes to it: its own, or one that it shares */
    struct rng_seeded seeded;

    enum browser_phase phase;
    bool silent;  /* sends nothing at all any more */
    bool removed; /* the engine has forgotten it */
    us_t joined_at, connected_at, removed_at;
    us_t check_at;
    unsigned answers;
    bool answered; /* the next check is a new transaction */
    struct stun_check check;
    struct dtls *dtls;
    struct dtls_keys keys;
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;

    uint32_t srtcp_index;
    uint16_t twcc_seq;
    us_t rtcp_at;
    struct recv_twcc *feedback; /* NULL: it sends none */
    unsigned feedback_waits;    /* packets since the last one */
    us_t feedback_at;
    uint32_t feedback_media; /* an ssrc it is about */
    struct bwe *uplink;      /* what its encoders follow; NULL: nothing */
    uint64_t remb;           /* [bit/s] it was told, 0: never */
    struct publish *pubs[SOURCE_KIND_COUNT];
    struct play *plays[SESSION_SLOTS_MAX];
    unsigned n_plays;
    /* Of each kind, as world.order of the first datagram that may hold none of it any more, plus 1;
     * 0: any may. */
    uint64_t barred[SOURCE_KIND_COUNT];     /* it may not receive it */
    uint64_t muted_from[SOURCE_KIND_COUNT]; /* it is muted */
    uint64_t pinned;                        /* participant, 0 = none */

    uint64_t bytes;           /* of all datagrams that came */
    uint64_t numbered;        /* and of those with a transport-wide number */
    uint64_t opened, refused; /* SRTP and SRTCP packets from the engine */
    uint64_t byes, early;     /* BYEs received; SRTP before keys */
    us_t rtcp_in;             /* [us] last RTCP from the engine */

    struct sealed sealed[SEALED_STREAMS]; /* see sim_invariants.c */
    unsigned n_sealed;
    int64_t sealed_srtcp; /* highest SRTCP index, -1 = none */
    us_t rtcp_out;        /* [us] engine's last RTCP to it */
    us_t heard;           /* [us] as the engine has it */
    us_t steady_since;    /* [us] heard without a longer break since then */
};

/* The world's business: world_join and world_free. */
struct browser *browser_new(struct world *w, unsigned number, const struct browser_options *o);
struct browser *browser_free(struct browser *b);
/* The same of a session that signaling has agreed on (s), which it does not begin to connect before
 * browser_connect: when it knows the answer. */
struct browser *browser_of_session(struct world *w, unsigned number,
                                   const struct browser_options *o, const struct session_params *s);
void browser_connect(struct browser *b, us_t now);
/* ICE starts over with these credentials, perhaps from another address. */
void browser_restart(struct browser *b, us_t now, const struct ice_credentials *ice, bool moved);

/* A datagram arrives. */
void browser_input(struct browser *b, us_t now, struct bytes datagram);
/* When browser_timeout is due. */
us_t browser_deadline(const struct browser *b);
/* Do what is due. */
void browser_timeout(struct browser *b, us_t now);

/* Begin or end a source; kind must have an m-line. */
void browser_publish(struct browser *b, enum source_kind kind, bool on);
/* It is told which layers of a source to send, bit each; it knows after the way of its link. */
void browser_layers(struct browser *b, enum source_kind kind, uint8_t active);
void browser_speak(struct browser *b, bool speaking);
/* Another network: new address, new credentials, ICE starts over; keys and media go on. */
void browser_move(struct browser *b, us_t now);
/* The receiving slot of this kind and index; NULL when it has none. */
struct play *browser_slot(struct browser *b, enum slot_kind kind, unsigned index);
/* Who is seen or heard in a slot: participant (low 16 bits), 0 = nothing yet. */
uint16_t play_shows(const struct play *p);

/* Between the files of the browser. */
void browser_send(struct browser *b, struct bytes datagram);
void browser_rng(struct browser *b, void *out, size_t n);
/* Of a stream with several sizes: the next frame, and how large it is [bytes]. */
struct content svc_frame(struct browser *b, struct publish *p);
uint32_t svc_size(const struct publish *p, const struct content *c);
struct publish *publish_new(struct browser *b, const struct session_line *line);
/* Share out what the uplink carries: the smallest stream first. */
void publish_follow(struct browser *b);
void publish_due(struct browser *b, struct publish *p, us_t now);
/* A key frame is asked of it. */
void publish_asked(struct browser *b, struct publish *p, us_t now);
/* It makes one now. */
bool publish_key_due(struct publish *p, us_t now);
void publish_nack(struct browser *b, struct publish *p, uint16_t seq);
uint32_t publish_ts(const struct publish *p, us_t now);
struct play *play_new(const struct session_line *line);
void play_input(struct browser *b, us_t now, uint8_t *packet, size_t len);
/* Give up what is too late; next time something is due. */
void play_due(struct browser *b, struct play *p, us_t now);
us_t play_deadline(const struct play *p);
void rtcp_input(struct browser *b, us_t now, struct bytes packet);
/* A packet with this transport-wide number has come. */
void rtcp_note(struct browser *b, us_t now, uint16_t seq, uint32_t ssrc);
void rtcp_feedback(struct browser *b);
void rtcp_report(struct browser *b, us_t now);
void rtcp_nack(struct browser *b, const struct play *p, const uint16_t *seqs, unsigned n);
void rtcp_pli(struct browser *b, const struct play *p);

#endif
