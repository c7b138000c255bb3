/* One transport: a browser (or another WebRTC client) with its ICE, DTLS and SRTP state, what it
 * sends (lines and sources) and what it receives (slots). Owner: the engine. */
#ifndef ORIEL_MEDIA_PEER_H
#define ORIEL_MEDIA_PEER_H

#include "media/engine.h"
#include "media/recv/twcc.h"
#include "media/secure/srtp.h"
#include "media/slot.h"
#include "media/source.h"

#define PEER_PATHS_MAX 4                  /* validated addresses kept per peer */
#define PEER_PATH_LIFE (10 * US_PER_S)    /* [us] an old address stays valid this long unused */
#define PEER_FLIGHT_GAP (100 * US_PER_MS) /* [us] between two resends of the last DTLS flight */
#define PEER_REPORT_GAP (500 * US_PER_MS) /* [us] design 4: a client sees a dead link in 2 s */

struct path {
    struct addr addr;
    us_t heard; /* [us] last authentic packet from it */
    bool valid;
};

enum peer_state {
    PEER_JOINING,   /* until DTLS is done */
    PEER_CONNECTED, /* keys are there */
    PEER_LEAVING    /* not known by its handle any more; its last datagrams are being sent */
};

struct peer {
    struct engine_timer timer; /* first: the engine finds the peer by its timer */
    struct engine *engine;
    struct tour *tour;
    struct link in_tour, ready, dirty;
    uint64_t handle, participant;
    uint64_t pinned; /* participant, 0 = none */
    uint8_t state;   /* enum peer_state */
    bool host, loudest_audio, record_consent;
    bool say_bye;
    bool keys_ready; /* exported; the handshake object is only drained */
    char cname[CNAME_MAX + 1];
    uint8_t fingerprint[FINGERPRINT_LEN];
    struct ice_credentials ice;
    uint64_t ufrag_key;
    int8_t selected; /* index of paths, -1 = none */
    struct path paths[PEER_PATHS_MAX];

    us_t joined_at, last_authentic;
    struct dtls *dtls;
    struct dtls_keys keys;
    uint8_t flight[DTLS_LAST_FLIGHT_MAX];
    uint16_t flight_len, flight_at; /* flight_at < flight_len: it is being sent again */
    us_t flight_sent;
    struct srtp_opener *opener;
    struct srtp_sealer *sealer;

    uint32_t srtcp_index; /* next */
    uint32_t rtcp_ssrc;   /* sender of our feedback */
    us_t report_at;
    struct recv_twcc *twcc;     /* made with the first source that has agreed on it */
    uint32_t twcc_media;        /* ssrc named in transport feedback */
    struct clock_offset offset; /* its clock against ours, by its sender reports */
    us_t rtt;                   /* [us] by its receiver reports, 0 = unknown */

    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    uint8_t n_lines, n_slots;
    struct line lines[SESSION_SOURCES_MAX];
    struct slot slots[]; /* n_slots */
};

/* peer.c: lifecycle */
struct peer *peer_find(const struct engine *e, uint64_t handle);
/* Checks the parameters (ERR_RANGE) and makes a peer that is in its tour and all maps. */
enum err peer_create(struct engine *e, us_t now, const struct session_params *s, struct peer **ret);
/* Out of maps and tour, its sources off; freed when its last datagrams are sent. */
void peer_leave(struct peer *p, us_t now, bool bye);
void peer_destroy(struct peer *p);
/* Removed with an event. */
void peer_fail(struct peer *p, us_t now, enum err reason);
void peer_on_timer(struct peer *p, us_t now);
/* Something may have changed: send what is due, set the timer to the earliest deadline. */
void peer_reschedule(struct peer *p, us_t now);
/* It has sent all it had: only set the timer. */
void peer_drained(struct peer *p, us_t now);
/* Something of its own is to be sent. */
void peer_ready(struct peer *p);
/* The next of it; false when there is nothing. */
bool peer_output(struct peer *p, us_t now, struct datagram *ret);
/* An authentic packet came. */
void peer_heard(struct peer *p, us_t now, struct path *path);
/* Connected, has an address, and was heard within media_silence. */
bool peer_sendable(const struct peer *p, us_t now);

/* peer_ice.c: addresses */
void peer_stun(struct engine *e, us_t now, struct packet *k);
struct path *peer_path(struct peer *p, const struct addr *from);
/* The peer that has validated this address, and which path it is. */
struct peer *peer_by_addr(struct engine *e, const struct addr *from, struct path **ret_path);
/* Validate an address; it becomes the selected one when `select`, or when there is none. */
struct path *peer_add_path(struct peer *p, us_t now, const struct addr *from, bool select);
void peer_drop_path(struct peer *p, struct path *path);
uint64_t ufrag_key(const struct engine *e, struct bytes ufrag);
enum err peer_set_ice(struct peer *p, const struct ice_credentials *c);

/* peer_dtls.c: handshake */
void peer_dtls_input(struct peer *p, us_t now, const struct packet *k);
void peer_dtls_timer(struct peer *p, us_t now);
bool peer_dtls_output(struct peer *p, struct datagram *ret);
/* Openers and sealers from p->keys. ERR_NOMEM. */
enum err peer_set_keys(struct peer *p);

/* peer_rtp.c, peer_rtcp.c: what it sends to us */
void peer_rtp_input(struct peer *p, us_t now, struct packet *k);
void peer_rtcp_input(struct peer *p, us_t now, struct packet *k);

/* feedback.c: RTCP to it */
bool peer_rtcp_due(const struct peer *p, us_t now);
/* US_NEVER while nothing may be sent to it. */
us_t peer_rtcp_deadline(const struct peer *p, us_t now);
bool peer_rtcp_output(struct peer *p, us_t now, struct datagram *ret);

#endif
