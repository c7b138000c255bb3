/* One WebRTC client on a UDP socket of its own: the controlling ICE agent (RFC 8445; one candidate
 * pair, nominated by its first check), a DTLS client, SRTP. What it does with media is its owner's:
 * a publisher or a viewer. Owner: the generator's thread. */
#ifndef ORIEL_BENCH_LOAD_CLIENT_H
#define ORIEL_BENCH_LOAD_CLIENT_H

#include "base/rng.h"
#include "bench/load/description.h"
#include "bench/load/loop.h"
#include "media/secure/srtp.h"
#include "tests/sim/sim_stun.h"

#define CLIENT_DATAGRAM_MAX 2048 /* [bytes] of what we send */
#define CLIENT_TRAIN_MAX 65536   /* [bytes] of what comes in one datagram of the socket */

enum client_state { CLIENT_NEW, CLIENT_CHECKING, CLIENT_HANDSHAKE, CLIENT_UP, CLIENT_FAILED };

/* A datagram as it came; data may be changed. */
struct arrival {
    uint8_t *data;
    size_t len;
    uint64_t at; /* [ns] since 1970, by the kernel */
};

/* What all clients of a run share. */
struct client_world {
    struct loop loop;
    struct dtls_identity *identity;
    struct rng rng;
    bool gro; /* sockets take a sender's train whole (UDP_GRO) */
};

struct client_ops {
    /* SRTP keys are there. */
    void (*up)(void *owner, us_t now);
    /* A packet that looks like RTP, not opened yet. */
    void (*rtp)(void *owner, struct arrival *a);
    /* A compound RTCP packet, opened. */
    void (*rtcp)(void *owner, struct bytes compound);
};

struct client {
    struct client_world *world;
    const struct client_ops *ops;
    void *owner;
    struct loop_source source;
    int fd;
    uint16_t port;
    struct addr server; /* its candidate */
    bool adopted;
    enum client_state state;
    char resource[96];          /* of its session at the server, "" = none */
    char why[128];              /* when CLIENT_FAILED */
    struct ice_credentials ice; /* as the server sees them: local is the server's */
    uint8_t stun_id[STUN_ID_LEN], fingerprint[FINGERPRINT_LEN];
    us_t check_at, give_up_at;
    struct dtls *dtls;
    struct dtls_keys keys; /* from CLIENT_UP on */
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;
    uint32_t rtcp_index, rtcp_ssrc;
    uint64_t auth_failed, malformed; /* packets that did not open; that are none */
    uint64_t received;               /* packets of any kind since the keys */
    uint64_t trains;                 /* reads that brought them */
};

/* A socket and ICE credentials of its own; ops and owner are the caller's as long as it lives. */
void client_open(struct client *c, struct client_world *w, const struct client_ops *ops,
                 void *owner);
/* Safe on a zeroed struct and twice. */
void client_close(struct client *c);
/* What it says of itself in an offer or answer; valid as long as c is. */
struct local_description client_description(const struct client *c);
/* Begin to check and to shake hands with the server described. */
void client_connect(struct client *c, us_t now, const struct remote_description *d);
/* Skip the handshake with a server that knows the keys (as the client sees them): CLIENT_UP at
 * once. It sends no checks and no RTCP. */
void client_adopt(struct client *c, us_t now, const struct addr *to, const struct dtls_keys *keys);
/* It has failed for this reason; does nothing to one that has failed before. */
void client_fail(struct client *c, const char *why);
/* Retransmissions and consent (RFC 7675); to be called at least every 20 ms. */
void client_tick(struct client *c, us_t now);
/* Seal a compound RTCP packet and send it, unless the client is adopted. CLIENT_UP only. */
void client_send_rtcp(struct client *c, struct bytes compound);
/* Open an RTP packet in place. False, and counted, when it is not authentic. */
bool client_open_rtp(struct client *c, uint8_t *packet, size_t *len);
/* Datagrams that the kernel dropped at this socket because its buffer was full. */
uint64_t client_drops(const struct client *c);

#endif
