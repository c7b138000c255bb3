/* An engine with real clients around it, in virtual time: they check connectivity, shake hands,
 * seal and open for themselves. Datagrams arrive at once; what a client loses or repeats is up to
 * the test. Every packet that a client gets must open, so a (key, index) pair that was used twice
 * fails the test as a replay. */
#ifndef ORIEL_TESTS_UNIT_MEDIA_RIG_H
#define ORIEL_TESTS_UNIT_MEDIA_RIG_H

#include "media/media.h"
#include "media/secure/srtp.h"
#include "media/wire/opus.h"
#include "media/wire/red.h"
#include "media/wire/rtcp.h"
#include "media/wire/rtp.h"
#include "media/wire/vp8.h"
#include "tests/sim/sim_engine.h"
#include "tests/unit/test.h"

#define RIG_CLIENTS 12
#define RIG_EVENTS 512
#define RIG_TAPS 512
#define RIG_GOT 512
#define TOUR 77

/* m-lines of the standard client, by index: it sends 0..2. */
enum { MIC, CAM, SCREEN, STAGE, GALLERY0, GALLERY1, AUDIO0, AUDIO1, AUDIO2, N_LINES };

struct sent_stream { /* what a client sends on one m-line */
    uint32_t ssrc, rtx_ssrc;
    uint64_t next, rtx_next; /* SRTP indices */
    uint32_t ts;
    uint16_t picture_id;
    uint8_t tl0picidx;
    uint16_t twcc;
};

struct got {      /* one RTP packet a client received */
    uint8_t line; /* index of the m-line */
    bool rtx, marker;
    uint16_t seq, osn; /* osn: RTX only */
    uint32_t ts;
    uint16_t sender; /* low half of the participant who made it */
    uint32_t number; /* that the sender wrote into it */
    bool keyframe, has_level;
    uint8_t red;     /* redundant blocks that came with it; of the newest: */
    uint32_t before; /* the number in it, */
    uint32_t back;   /* and its age [media clock] */
    uint16_t picture_id;
    uint8_t tl0picidx, level;
    uint8_t spatial, temporal; /* VP9 */
    uint8_t descriptor[112];   /* AV1: dependency descriptor, of so many bytes, 0: none came */
    uint8_t descriptor_len;
    bool two_byte; /* form of the extensions */
};

struct client {
    struct rig *rig;
    struct session_params params;
    struct addr addr;
    bool alive;          /* sends a connectivity check every second */
    bool mute_checks;    /* does not answer checks of the server: it is not there */
    uint8_t answer[200]; /* to the server's last check */
    size_t answer_len;
    struct addr server;   /* our address that it sends to; all zero: unknown */
    struct addr got_from; /* and that the last datagram came from */
    uint32_t priority;    /* of its checks */
    unsigned challenges;  /* checks of the server that came */
    bool deaf;            /* what it gets is not opened (another key, on purpose) */
    us_t check_at;
    /* Looks at each RTP packet that it has opened, before it is logged; true: it shall not be. NULL
     */
    bool (*opened)(struct client *c, const uint8_t *p, size_t n);
    struct dtls *dtls;
    struct dtls_keys keys;
    bool connected;
    bool closed; /* the server has said close_notify */
    uint8_t farewell[DTLS_FAREWELL_MAX];
    size_t farewell_len;
    struct dtls_reader reader;
    unsigned stun_replies, dtls_in; /* datagrams received */
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;
    uint32_t srtcp_next;
    uint32_t number;               /* of the last packet it made */
    struct sent_stream streams[5]; /* by line; then the camera's second and third layer */
    struct got got[RIG_GOT];
    unsigned n_got, lost; /* lost: the log was full */
    size_t last_len[8];   /* the last sealed RTP packets on STAGE, by sequence number; what came */
    uint8_t last_bytes[8][PACKET_CAP];
    uint8_t deaf_bytes[8][PACKET_CAP]; /* while deaf is kept apart */
    uint16_t seen_seq;                 /* of the last packet that was no RTX */
    /* RTCP received */
    unsigned n_sr, n_rr, n_sdes, n_bye, n_pli, n_fir, n_nack, n_twcc, n_remb;
    unsigned twcc_lost; /* packets that transport feedback calls lost */
    uint32_t pli_ssrc;
    uint32_t fir_ssrc; /* that the last FIR asks, */
    uint8_t fir_nr;    /* and its command sequence number */
    uint16_t nacked[64];
    unsigned n_nacked;
    uint32_t nacked_ssrc; /* of the last one */
    unsigned n_blocks;    /* in the last report with any */
    struct rtcp_sr sr;
    struct rtcp_report rr;
    us_t rtcp_at;  /* of the last compound with a report */
    us_t rtcp_gap; /* longest time between two */
};

struct rig {
    us_t now;
    struct rng_seeded seed;
    struct rng rng;
    struct packet_pool *pool;
    struct engine_config config;
    struct engine *engine;
    struct client *clients[RIG_CLIENTS];
    unsigned n_clients;
    struct media_event events[RIG_EVENTS];
    unsigned n_events;
    bool hold;                     /* rig_send does not drain: what comes is one batch */
    bool ignore_events;            /* leave them in the engine */
    struct tap taps[RIG_TAPS];     /* without their packets */
    uint8_t tap_head[RIG_TAPS][8]; /* first bytes of their payload */
    unsigned n_taps;
    struct {
        struct addr to;
        unsigned datagrams;
        uint64_t bytes;
    } strays[8]; /* sent to addresses at which no client is */
    unsigned n_strays;
    void (*watch)(struct rig *r, const struct datagram *d); /* looks at each; NULL */
    unsigned datagrams;                                     /* that the engine sent, */
    unsigned trains;                                        /* in so many calls */
};

/* The two certificates, made once for the program. */
const struct dtls_identity *rig_identity(bool client);
/* A new engine with the tour TOUR; false without memory (only in allocation tests). */
bool rig_init(struct rig *r);
/* Another engine with what r->config says now; nobody has joined yet. */
void rig_restart(struct rig *r);
/* Fails the test when packets have not come home. */
void rig_free(struct rig *r);
/* Deliver until nothing moves any more; the law of media.h. */
void rig_pump(struct rig *r);
/* Let time pass, timers fire and living clients check; sends nothing else. */
void rig_run(struct rig *r, us_t duration);
/* Hand the engine a datagram from an address. */
void rig_send(struct rig *r, const struct addr *from, const uint8_t *p, size_t n);

/* A client with the standard m-lines that has not joined; participant = handle. */
struct client *client_new(struct rig *r, uint64_t handle);
/* Before it joins: its camera sends three layers, with the rids "h", "m" and "l". */
void client_simulcast(struct client *c);
/* Then: engine_peer_add, check, handshake. Expects it to be connected. */
void client_join(struct client *c);
struct client *rig_join(struct rig *r, uint64_t handle);
/* Close sealers and openers; the engine is not told. */
void client_drop(struct client *c);
/* Say close_notify. */
void client_close(struct client *c);
void client_check(struct client *c, bool nominate);
/* The same with a forged sender: what comes of it goes there. */
void client_check_from(struct client *c, const struct addr *from, bool nominate);
void client_hello(struct client *c);
void client_input(struct client *c, us_t now, const struct datagram *d);

/* The stream that it sends on this line as this layer. */
struct sent_stream *client_stream(struct client *c, uint8_t line, uint8_t layer);

/* What goes into a packet; zeros are what a well-behaved client sends. */
struct packet_spec {
    uint8_t line;  /* MIC, CAM, SCREEN */
    uint8_t layer; /* CAM: of client_simulcast, 0 = the largest */
    bool keyframe; /* VP8: first packet of a key frame */
    bool inside;   /* VP8: not the first packet of its frame */
    bool marker;
    bool padding; /* no payload, only padding */
    bool no_mid, no_rid;
    uint8_t level; /* RFC 6464, microphone */
    uint8_t pt;    /* 0 = the line's */
    uint32_t ssrc; /* 0 = the stream's */
    uint32_t ts_step;
    bool plain;              /* raw as it is, without the mark of the sender */
    uint8_t temporal;        /* VP8: its temporal layer + 1; 0: the lowest */
    bool sync;               /* VP8: it needs the lowest layer only (Y) */
    uint16_t size;           /* [bytes] zeros that follow */
    bool drop;               /* made, but lost on the way; it can be sent by RTX later */
    struct bytes dependency; /* dependency descriptor, where the line has the extension */
    struct bytes raw;        /* not VP8: what the payload begins with */
};
/* Make and send the next packet of a stream. Returns its sequence number. */
uint16_t client_send(struct client *c, const struct packet_spec *s);
void client_video(struct client *c, uint8_t line, bool keyframe);
/* Picture i, a packet, of a share in three frame rates: 290 kbit/s when there are 30 a second. */
void client_share(struct client *c, unsigned i, bool keyframe);
void client_audio(struct client *c, uint8_t level);
/* The packet with sequence number osn again, by RTX, with a payload that says `number`. */
void client_send_rtx(struct client *c, uint8_t line, uint16_t osn, uint32_t number);
/* The same of a line and layer. */
void client_send_layer_rtx(struct client *c, const struct packet_spec *s, uint16_t osn,
                           uint32_t number);
/* A compound RTCP packet. */
void client_rtcp(struct client *c, const struct wr *plain);
void client_pli(struct client *c, uint8_t line);
void client_nack(struct client *c, uint8_t line, uint16_t seq);
void client_remb(struct client *c, uint64_t rate);
void client_sr(struct client *c, uint8_t line, uint64_t ntp, uint32_t ts);

/* Packets received on this m-line, RTX not counted. */
unsigned client_count(const struct client *c, uint8_t line);
/* They are one stream: numbers, and ids of pictures, run on, and no timestamp is max_step behind
 * the one before. There is one at least. */
void client_runs_on(const struct client *c, uint8_t line, uint32_t max_step);
/* The last packet on this m-line, or NULL. */
const struct got *client_last(const struct client *c, uint8_t line);
/* Whom the last MEDIA_SLOT_CHANGED for that m-line named; 0 = nobody or no such event. */
uint64_t rig_shows(const struct rig *r, const struct client *c, uint8_t line);
/* Whom the last MEDIA_SPEAKER named. */
uint64_t rig_speaker(const struct rig *r);
/* Events of this type for this peer (0 = any) so far. */
unsigned rig_count(const struct rig *r, enum media_event_type type, uint64_t peer);
/* Tap messages of this type from this participant (0 = any). */
unsigned rig_taps(const struct rig *r, enum tap_type type, uint64_t participant);

#endif
