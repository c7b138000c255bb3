/* ICE-lite (RFC 8445 section 2.5, RFC 8839) for one worker, on libnice's STUN message API (plain
 * functions over buffers, no loop, no socket). Only .c files of this folder include libnice.
 *
 * Oriel answers authenticated binding requests and nothing else: an anonymous, malformed or
 * forged request gets no answer and changes no state. Consent (RFC 7675) is seen from the lite
 * side: a peer that has not sent an authenticated check for a while is silent; the deadlines are
 * the peer's (media/transport/transport.h). Owner: one worker thread. */
#ifndef ORIEL_MEDIA_ICE_ICE_H
#define ORIEL_MEDIA_ICE_ICE_H

#include "base/addr.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/session.h"

struct ice; /* one StunAgent and scratch; about 13 KB; one per worker */

/* NULL when memory is out. There is no tie-breaker (RFC 8445 section 16.1), because a lite agent
 * never switches its role. */
struct ice *ice_new(void);
/* NULL allowed; returns NULL. */
struct ice *ice_free(struct ice *ice);

/* Before any cryptography: the local ufrag named by a binding request's USERNAME
 * ("local:remote", RFC 8445 section 7.2.2) as a view into the datagram. ERR_FORMAT when it is not
 * a well-formed binding request, ERR_AUTH when it is anonymous or lacks MESSAGE-INTEGRITY. */
enum err ice_request_ufrag(struct bytes datagram, struct bytes *ret_ufrag);

struct ice_request {
    struct bytes datagram;
    const struct addr *from; /* whom the response tells its address */
};

struct ice_check {
    bool nominated; /* USE-CANDIDATE present (RFC 8445 section 7.1.2) */
    uint32_t priority;
    size_t reply_len; /* [bytes] in reply; 0 = send nothing */
};

/* Validate a binding request against the credentials (MESSAGE-INTEGRITY with our password,
 * USERNAME is exactly local:remote, FINGERPRINT when present) and write the response.
 *   OK          authentic; reply holds the success response with XOR-MAPPED-ADDRESS of `from`
 *   ERR_AUTH    not authentic: no reply, no state
 *   ERR_FORMAT  not a binding request or malformed
 *   ERR_UNSUPPORTED authentic, but unknown comprehension-required attributes: reply is the 420
 * A role conflict never changes our role (ICE-lite is always controlled): a client that claims to
 * be controlled gets OK with nominated false, and the reply is the 487 that makes it switch (RFC
 * 8445 section 7.2.5.1). A reply that does not fit has reply_len 0. On an error other than
 * ERR_UNSUPPORTED, *ret and *reply are untouched. */
enum err ice_check(struct ice *ice, const struct ice_credentials *c, const struct ice_request *r,
                   struct wr *reply, struct ice_check *ret);

#endif
