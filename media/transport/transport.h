/* One WebRTC client's way in and out: ICE paths, the DTLS handshake, SRTP both ways, and whether
 * anything may be sent to it now. It knows nothing of what its packets mean. Its verdicts tell the
 * engine what came of a datagram or of time passing; it never calls upwards. Owner: the engine's
 * thread; lives in a session. */
#ifndef ORIEL_MEDIA_TRANSPORT_TRANSPORT_H
#define ORIEL_MEDIA_TRANSPORT_TRANSPORT_H

#include "base/lease.h"
#include "base/packet.h"
#include "base/prefetch.h"
#include "media/ice/challenge.h"
#include "media/secure/srtp.h"
#include "media/transport/transports.h"
#include "media/wire/datagram.h"

/* [us] unheard: a nominated path of lower priority takes over */
#define PATH_STALE (1 * US_PER_S)
/* [us] unheard: what went to an address is taken for lost when the client moves */
#define PATH_LOST (500 * US_PER_MS)
#define RESEND_CREDIT_START (64 * 1024) /* [bytes] a first key frame may get lost as a whole */
#define RESEND_CREDIT_MAX (256 * 1024)  /* [bytes] a second of a screen share */

struct path {
    struct addr addr;  /* the client's */
    struct addr local; /* ours: the one it sends to, so that we answer from it */
    us_t heard;        /* [us] last authentic packet from it */
    bool valid;
    bool proven;    /* the client gets what we send there (challenge.h) */
    bool nominated; /* by the client's last check from it */
    bool earlier;   /* which was made with the credentials from before an ICE restart */
    uint32_t priority;
    uint32_t received, sent; /* [bytes] while it is not proven */
    us_t challenged_at;
    uint8_t challenge[CHALLENGE_ID_LEN];
};

enum transport_state {
    TRANSPORT_JOINING, /* until DTLS is done */
    TRANSPORT_UP,      /* keys are there */
    TRANSPORT_CLOSED   /* nothing comes in any more; its last datagrams are being sent */
};

enum transport_verdict {
    TRANSPORT_NOTHING,
    TRANSPORT_CONNECTED, /* the handshake has just finished */
    TRANSPORT_FAILED,    /* it will never be connected: transport.failure says why */
    TRANSPORT_GONE       /* silent for peer_timeout, or it has said that it closes */
};

struct transport {
    struct transports *all;
    struct link changed; /* all->changed */
    bool kept;           /* somebody wants to know of changes */
    uint8_t state;       /* enum transport_state */
    uint8_t failure;     /* enum err, with TRANSPORT_FAILED */
    uint8_t handshake;   /* enum dtls_failure that it is from */
    bool sendable;       /* up, and its address was heard from within media_silence */
    bool keys_ready;     /* exported; the handshake object is only drained */
    bool begins;         /* we begin the handshake: the client waits for it */
    int8_t selected;     /* index of paths, -1 = none */
    struct path paths[TRANSPORT_PATHS_MAX];
    us_t joined_at, last_authentic;
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    int32_t resend_credit; /* [bytes] that may be sent again: see transport_earn */
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;
    uint16_t twcc_next;   /* transport-wide sequence number of the next packet that has one */
    uint8_t tag_len;      /* [bytes] that sealing adds to an RTP packet */
    uint32_t srtcp_index; /* next outbound */
    struct lease srtcp_lease;

    struct ice_credentials ice, earlier; /* earlier: from before a restart (credentials.h) */
    uint64_t ufrag_key, earlier_key;     /* 0 = none */
    uint8_t fingerprint[FINGERPRINT_LEN];
    struct dtls *dtls;
    struct dtls_keys keys;
    uint8_t flight[DTLS_LAST_FLIGHT_MAX];
    uint16_t flight_len, flight_at; /* flight_at < flight_len: it is being sent again */
    us_t flight_sent;
    us_t flight_due;                     /* [us] it is sent again unasked; US_NEVER */
    uint8_t flight_unasked;              /* so often it has been */
    uint8_t farewell[DTLS_FAREWELL_MAX]; /* our close_notify, sealed in advance */
    uint8_t farewell_len;                /* 0 = none, or sent */
    struct dtls_reader reader;           /* knows the client's */
};

/* Frees and wipes what it holds; closed before, or never announced. */
void transport_free(struct transport *t);
/* Openers and sealers from t->keys. ERR_NOMEM. */
enum err transport_set_keys(struct transport *t);
/* What may be sent depends on state, address and silence: after a change of one of them. */
void transport_update(struct transport *t, us_t now);
/* A path has been heard, nominated or proven: send there from now on if it is the better one. */
void transport_prefer(struct transport *t, us_t now, const struct path *path);
/* An authentic packet came by this path. True when the client needs a picture: media can be sent
 * again that could not, since it had been silent; or goes to this address from now on, and the one
 * it went to had been silent for PATH_LOST. */
bool transport_heard(struct transport *t, us_t now, struct path *path);
/* Decrypt an RTP or RTCP packet in place. ERR_WRONG_STATE before the handshake is done, else as
 * srtp_open_rtp; every error is counted. *ret_back is what transport_heard says. */
enum err transport_open(struct transport *t, us_t now, struct path *path, struct packet *k,
                        bool *ret_back);
/* Seal a compound RTCP packet into ret, with its address. False when it cannot be sent, or must not
 * be because its index is not leased (counted). */
bool transport_seal_rtcp(struct transport *t, struct bytes plain, struct datagram *ret);
/* Something that a session rebuilt elsewhere should know is not as it was. */
static inline void transport_changed(struct transport *t) {
    if (t->kept && list_empty(&t->changed)) {
        list_push(&t->all->changed, &t->changed);
    }
}
/* What sending needs of it is going to be read soon: in turn, with work between. */
static inline void transport_fetch(const struct transport *t) {
    prefetch(t, offsetof(struct transport, ice));
}
static inline void transport_fetch_sealer(const struct transport *t) {
    srtp_sealer_prefetch(t->sealer);
}
static inline void transport_fetch_key(const struct transport *t) {
    if (t->sealer) {
        srtp_sealer_prefetch_key(t->sealer);
    }
}
/* So many packets went out. */
static inline void transport_sent(struct transport *t, unsigned packets, size_t bytes) {
    t->packets_out += packets;
    t->bytes_out += bytes;
}
/* Media of n bytes went out: half as much may be sent again, so that a flood of NACKs costs at most
 * half of what the viewer costs anyway. */
static inline void transport_earn(struct transport *t, size_t n) {
    int32_t credit = t->resend_credit + (int32_t)(n / 2);
    t->resend_credit = credit < RESEND_CREDIT_MAX ? credit : RESEND_CREDIT_MAX;
}
/* Take n bytes of it; false when there is not so much. */
static inline bool transport_spend(struct transport *t, size_t n) {
    if (t->resend_credit < (int32_t)n) {
        return false;
    }
    t->resend_credit -= (int32_t)n;
    return true;
}
/* May n more bytes be sent there? Who forges an address must not make us send much more to it than
 * what came from there: three times as much (RFC 9000 section 8.1), until it is proven. */
static inline bool transport_allows(const struct path *path, size_t n) {
    return path->proven || (uint64_t)path->sent + n <= (uint64_t)path->received * 3;
}
/* Address the datagram; selected must be >= 0. */
static inline void transport_address(const struct transport *t, struct datagram *d) {
    const struct path *path = &t->paths[t->selected];
    d->to = path->addr;
    d->from = path->local;
}

#endif
