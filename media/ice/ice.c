/* DESIGN. Our own bounded scan of the attributes runs before libnice sees a byte: it decides
 * whether the datagram is a binding request worth a hash, finds the USERNAME, and refuses what
 * libnice takes on trust (a MESSAGE-INTEGRITY whose length is not 20). libnice then checks the
 * HMAC and the CRC. Responses are put together from its message functions and not by
 * stun_usage_ice_conncheck_create_reply: that one copies the USERNAME into the response, which
 * RFC 5389 section 10.1.2 forbids, and lets a role conflict switch our role. */
#include "media/ice/ice.h"

#include "base/alloc.h"
#include "base/check.h"

#include <netinet/in.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#define HEADER_LEN 20          /* [bytes] RFC 5389 section 6 */
#define COOKIE 0x2112A442u     /* RFC 5389 section 6 */
#define BINDING_REQUEST 0x0001 /* RFC 5389 section 6: method 1, class 0 */
#define INTEGRITY_LEN 20       /* [bytes] HMAC-SHA1, RFC 5389 section 15.4 */
#define FINGERPRINT_CRC_LEN 4  /* [bytes] RFC 5389 section 15.5 */

struct ice {
    StunAgent agent;
};

/* The comprehension-required attributes we understand; libnice's list ends with 0. Types from
 * 0x8000 on (ICE-CONTROLLING, GOOG-NETWORK-INFO 0xC057, GOOG nomination 0xC001 ...) are
 * comprehension-optional and need no entry (RFC 5389 section 15). */
static const uint16_t known_attributes[] = {
    STUN_ATTRIBUTE_USERNAME, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, STUN_ATTRIBUTE_PRIORITY,
    STUN_ATTRIBUTE_USE_CANDIDATE, 0};

/* What the scan finds; the attributes of a request that are read before it is authenticated. */
struct request {
    struct bytes username;
    bool has_integrity, has_fingerprint;
    bool claims_controlled;
};

struct ice *ice_new(void) {
    struct ice *ice = mem_zalloc(1, sizeof(*ice));
    if (ice) {
        stun_agent_init(&ice->agent, known_attributes, STUN_COMPATIBILITY_RFC5389, 0);
    }
    return ice;
}

struct ice *ice_free(struct ice *ice) {
    return mem_free(ice);
}

/* Take note of one attribute; false when it is malformed or must not stand here. */
static bool note_attribute(struct request *q, uint16_t type, struct bytes value) {
    if (q->has_fingerprint) {
        return false; /* FINGERPRINT is the last attribute: RFC 5389 section 15.5 */
    }
    if (type == STUN_ATTRIBUTE_FINGERPRINT) {
        q->has_fingerprint = true;
        return value.n == FINGERPRINT_CRC_LEN;
    }
    if (q->has_integrity) {
        /* Nothing else behind MESSAGE-INTEGRITY is authentic (section 15.4). No ICE agent sends
         * such attributes, so they are refused instead of ignored. */
        return false;
    }
    if (type == STUN_ATTRIBUTE_MESSAGE_INTEGRITY) {
        q->has_integrity = true;
        return value.n == INTEGRITY_LEN;
    }
    if (type == STUN_ATTRIBUTE_USERNAME) {
        bool first = q->username.p == NULL;
        q->username = value;
        return first;
    }
    if (type == STUN_ATTRIBUTE_ICE_CONTROLLED) {
        q->claims_controlled = true;
    }
    return true;
}

/* Walk a binding request. False when it is something else or malformed. */
static bool scan(struct bytes d, struct request *ret) {
    struct rd r = rd_of(d.p, d.n);
    struct request q = {.has_integrity = false};
    if (d.n < HEADER_LEN || rd_u16(&r) != BINDING_REQUEST || rd_u16(&r) != d.n - HEADER_LEN ||
        rd_u32(&r) != COOKIE) {
        return false;
    }
    rd_skip(&r, 12); /* transaction id */
    while (rd_left(&r) > 0) {
        uint16_t type = rd_u16(&r);
        size_t n = rd_u16(&r);
        struct bytes value = rd_bytes(&r, n);
        rd_skip(&r, -n & 3); /* values are padded to 32 bits: RFC 5389 section 15 */
        if (r.bad || !note_attribute(&q, type, value)) {
            return false;
        }
    }
    *ret = q;
    return true;
}

enum err ice_request_ufrag(struct bytes datagram, struct bytes *ret_ufrag) {
    struct request q;
    if (!scan(datagram, &q)) {
        return ERR_FORMAT;
    }
    if (q.username.n == 0 || !q.has_integrity) {
        return ERR_AUTH;
    }
    const uint8_t *colon = memchr(q.username.p, ':', q.username.n);
    size_t n = colon ? (size_t)(colon - q.username.p) : 0;
    if (n == 0 || n > ICE_UFRAG_MAX) {
        return ERR_FORMAT;
    }
    *ret_ufrag = bytes_of(q.username.p, n);
    return OK;
}

/* USERNAME is exactly "local:remote" (RFC 8445 section 7.2.2). */
static bool username_matches(struct bytes username, const struct ice_credentials *c) {
    size_t local = strlen(c->local_ufrag), remote = strlen(c->remote_ufrag);
    if (local == 0 || remote == 0 || username.n != local + 1 + remote) {
        return false;
    }
    return memcmp(username.p, c->local_ufrag, local) == 0 && username.p[local] == ':' &&
           memcmp(username.p + local + 1, c->remote_ufrag, remote) == 0;
}

/* Check HMAC and CRC of a request whose USERNAME matches c; *ret_req then holds the key of the
 * response, which points into c. */
static StunValidationStatus validate(StunAgent *agent, const struct ice_credentials *c,
                                     struct bytes datagram, const struct request *q,
                                     StunMessage *ret_req) {
    StunDefaultValidaterData users[2] = {{.username = (uint8_t *)q->username.p,
                                          .username_len = q->username.n,
                                          .password = (uint8_t *)c->local_pwd,
                                          .password_len = strlen(c->local_pwd)},
                                         {.username = NULL}};
    agent->usage_flags = STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS;
    if (q->has_fingerprint) {
        agent->usage_flags |= STUN_AGENT_USAGE_USE_FINGERPRINT;
    }
    StunValidationStatus status = stun_agent_validate(agent, ret_req, datagram.p, datagram.n,
                                                      stun_agent_default_validater, users);
    /* Responses to connectivity checks always carry a FINGERPRINT (RFC 8445 section 7.3). */
    agent->usage_flags |= STUN_AGENT_USAGE_USE_FINGERPRINT;
    return status;
}

static struct sockaddr_storage sockaddr_of(const struct addr *a, socklen_t *ret_len) {
    struct sockaddr_storage s = {.ss_family = AF_UNSPEC};
    if (addr_is_v4(a)) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&s;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(a->port);
        memcpy(&v4->sin_addr, a->ip + 12, 4);
        *ret_len = sizeof(*v4);
    } else {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&s;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(a->port);
        memcpy(&v6->sin6_addr, a->ip, 16);
        *ret_len = sizeof(*v6);
    }
    return s;
}

/* Each reply_ function returns the length written to w's room [bytes], 0 when it does not fit. */
static size_t reply_success(StunAgent *agent, const StunMessage *req, const struct addr *from,
                            struct wr *w) {
    StunMessage m;
    socklen_t len;
    struct sockaddr_storage s = sockaddr_of(from, &len);
    if (!stun_agent_init_response(agent, &m, w->p, wr_left(w), req) ||
        stun_message_append_xor_addr(&m, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &s, len) !=
            STUN_MESSAGE_RETURN_SUCCESS) {
        return 0;
    }
    return stun_agent_finish_message(agent, &m, req->key, req->key_len);
}

static size_t reply_role_conflict(StunAgent *agent, const StunMessage *req, struct wr *w) {
    StunMessage m;
    if (!stun_agent_init_error(agent, &m, w->p, wr_left(w), req, STUN_ERROR_ROLE_CONFLICT)) {
        return 0;
    }
    return stun_agent_finish_message(agent, &m, req->key, req->key_len);
}

static size_t reply_unknown(StunAgent *agent, const StunMessage *req, struct wr *w) {
    StunMessage m;
    return stun_agent_build_unknown_attributes_error(agent, &m, w->p, wr_left(w), req);
}

enum err ice_check(struct ice *ice, const struct ice_credentials *c, const struct ice_request *r,
                   struct wr *reply, struct ice_check *ret) {
    struct request q;
    if (!scan(r->datagram, &q)) {
        return ERR_FORMAT;
    }
    /* libnice skips the HMAC when the password is empty. */
    if (!q.has_integrity || c->local_pwd[0] == '\0' || !username_matches(q.username, c)) {
        return ERR_AUTH;
    }
    StunAgent *agent = &ice->agent;
    StunMessage req;
    StunValidationStatus status = validate(agent, c, r->datagram, &q, &req);
    if (status != STUN_VALIDATION_SUCCESS && status != STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE) {
        return ERR_AUTH;
    }
    bool unknown = status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE;
    struct ice_check k = {.priority = stun_usage_ice_conncheck_priority(&req)};
    if (reply->bad) {
        k.reply_len = 0;
    } else if (unknown) {
        k.reply_len = reply_unknown(agent, &req, reply);
    } else if (q.claims_controlled) {
        k.reply_len = reply_role_conflict(agent, &req, reply);
    } else {
        k.nominated = stun_usage_ice_conncheck_use_candidate(&req);
        k.reply_len = reply_success(agent, &req, r->from, reply);
    }
    reply->p += k.reply_len;
    *ret = k;
    return unknown ? ERR_UNSUPPORTED : OK;
}
