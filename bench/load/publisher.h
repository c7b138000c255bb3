/* A client that sends a camera (VP8, 1.2 Mbit/s at 30 frames a second) and a microphone (Opus) as a
 * browser does: frames cut into packets that are handed to the socket at once, key frames when
 * asked by PLI or FIR, retransmissions when asked by NACK, a sender report a second.
 * Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_PUBLISHER_H
#define ORIEL_BENCH_LOAD_PUBLISHER_H

#include "bench/load/client.h"
#include "bench/traffic.h"

enum { TX_AUDIO, TX_VIDEO, TX_STREAMS };

struct tx_stream {
    struct remote_line line;  /* what the server agreed to */
    uint32_t ssrc;            /* ours */
    uint64_t index, number;   /* next SRTP index; packets so far */
    uint32_t packets, octets; /* for sender reports */
};

struct tx_cache;

struct publisher {
    struct client client;
    struct tx_stream stream[TX_STREAMS];
    uint32_t rtx_ssrc;
    uint64_t rtx_index;
    struct traffic traffic;
    bool playing;
    us_t report_at, key_at; /* next sender report; a key frame is allowed from then on */
    uint16_t twcc, picture_id;
    struct tx_cache *cache;
    uint64_t sent; /* RTP packets without retransmissions */
};

/* A client that has not spoken to a server yet. */
void publisher_open(struct publisher *p, struct client_world *w);
/* Safe on a zeroed struct. */
void publisher_close(struct publisher *p);
/* What it offers. */
struct local_description publisher_description(const struct publisher *p);
/* This is what the server has agreed to; false, and failed, when no media can be sent so. */
bool publisher_expect(struct publisher *p, const struct remote_description *d);
/* Go on with the server's answer. */
void publisher_connect(struct publisher *p, us_t now, const struct remote_description *d);
/* Send media from now on, beginning with a key frame, or stop it. */
void publisher_play(struct publisher *p, us_t now, bool on);
/* When publisher_send is to be called, or US_NEVER. */
us_t publisher_due(const struct publisher *p);
/* Send all bursts that are due. */
void publisher_send(struct publisher *p, us_t now);
/* Sender reports and the client's own timers; at least every 20 ms. */
void publisher_tick(struct publisher *p, us_t now);

#endif
