/* Media transports: from an offer to a session, its start, restart and end. */
#ifndef ORIEL_SIGNALING_TOURS_SESSIONS_H
#define ORIEL_SIGNALING_TOURS_SESSIONS_H

#include "base/buffer.h"
#include "signaling/sdp/refusal.h"
#include "signaling/state/state.h"

enum offer_use { OFFER_WANTS, OFFER_WHIP, OFFER_WHEP };
struct offer {
    enum offer_use use;
    const char *text;
    size_t n;                     /* [bytes] */
    const struct wants *wants;    /* OFFER_WANTS */
    bool observes;                /* likewise: nothing may be sent */
    const struct session *before; /* restarted or replaced, or NULL */
    /* out */
    const char *field;     /* the wrong field, with CODE_BAD_FIELD */
    char why[REFUSAL_MAX]; /* what is wrong with the offer, or empty */
    struct sdp sdp;        /* the text as it was read */
    struct plan plan;
    struct negotiation result; /* refers to the two before it: an offer is not copied */
};
/* A session from an offer, not yet part of anything. The codes of negotiate, CODE_TOO_LARGE,
 * CODE_INTERNAL, CODE_SERVER_FULL. */
enum code session_make(struct signaling *s, enum codec video, struct offer *o,
                       struct session **ret);
/* Append the answer of a session that was started: only that has a worker, whose addresses the
 * answer names. */
void session_answer(struct signaling *s, const struct session *session, const struct offer *o,
                    struct buffer *out);
/* The same for the sdpfrag that answers a WHIP or WHEP restart, with the credentials that
 * session_restart will take. */
void session_fragment(struct signaling *s, const struct session *session,
                      const struct ice_credentials *ice, struct buffer *out);
/* Make it live: seat may be NULL (a viewer). Emits COMMAND_PEER_ADD, what it may, and the seat's
 * intent. */
void session_start(struct signaling *s, struct tour *t, struct seat *seat, struct session *session);
/* End it; tell_media: with COMMAND_PEER_REMOVE. Frees it. */
void session_stop(struct signaling *s, struct session *session, bool tell_media);
/* Throw away a session that was never started. NULL allowed. */
void session_drop(struct session *session);
/* Take over new ICE credentials of a restart. */
void session_restart(struct signaling *s, struct session *session,
                     const struct ice_credentials *fresh);
/* Give it a resource for WHIP and WHEP. */
void session_name(struct signaling *s, struct session *session, const char *kind, const char *tour);
/* A new entity tag for the resource. */
void session_new_etag(struct signaling *s, struct session *session);

#endif
