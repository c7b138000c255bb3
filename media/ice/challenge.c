/* DESIGN. An agent of libnice remembers what it asked until that is answered, two hundred requests
 * at most; here the path remembers. So each call has an agent of its own, and to check an answer
 * the request is written once more, with the same id: that makes this agent expect it. */
#include "media/ice/challenge.h"

#include <stdio.h>
#include <stun/stunagent.h>

#define PRIORITY_ANY 0x6e0001ffu /* RFC 8445 section 5.1.2: peer reflexive, component 1 */
#define TIE_BREAKER 0            /* RFC 8445 section 7.1.3: a lite agent never switches its role */
#define BINDING_SUCCESS 0x0101   /* RFC 8489 section 5: method 1, class success response */
#define MESSAGE_MAX 512          /* [bytes] of a request */
#define INTEGRITY_LEN 20         /* [bytes] HMAC-SHA1, RFC 8489 section 14.5 */

static void agent_init(StunAgent *agent) {
    stun_agent_init(agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
}

/* Returns its length [bytes], 0 when it does not fit. Its answer is expected by the agent. */
static size_t request(StunAgent *agent, const struct ice_credentials *c,
                      const uint8_t id[CHALLENGE_ID_LEN], uint8_t out[MESSAGE_MAX]) {
    StunMessage m = {.agent = agent, .buffer = out, .buffer_len = MESSAGE_MAX};
    StunTransactionId transaction; /* libnice counts the cookie in */
    char username[2 * ICE_UFRAG_MAX + 2];
    put_be32(transaction, STUN_MAGIC_COOKIE);
    memcpy(transaction + 4, id, CHALLENGE_ID_LEN);
    /* RFC 8445 section 7.2.2: the ufrag of whom we ask comes first. */
    snprintf(username, sizeof(username), "%s:%s", c->remote_ufrag, c->local_ufrag);
    bool fits = stun_message_init(&m, STUN_REQUEST, STUN_BINDING, transaction) &&
                stun_message_append_string(&m, STUN_ATTRIBUTE_USERNAME, username) ==
                    STUN_MESSAGE_RETURN_SUCCESS &&
                stun_message_append32(&m, STUN_ATTRIBUTE_PRIORITY, PRIORITY_ANY) ==
                    STUN_MESSAGE_RETURN_SUCCESS &&
                stun_message_append64(&m, STUN_ATTRIBUTE_ICE_CONTROLLED, TIE_BREAKER) ==
                    STUN_MESSAGE_RETURN_SUCCESS;
    return fits ? stun_agent_finish_message(agent, &m, (const uint8_t *)c->remote_pwd,
                                            strlen(c->remote_pwd))
                : 0;
}

void challenge_write(struct wr *w, const struct ice_credentials *c,
                     const uint8_t id[CHALLENGE_ID_LEN]) {
    StunAgent agent;
    uint8_t message[MESSAGE_MAX];
    agent_init(&agent);
    size_t n = request(&agent, c, id, message);
    wr_bytes(w, message, n);
    w->bad = w->bad || n == 0;
}

bool challenge_is_answer(struct bytes d) {
    return d.n >= STUN_MESSAGE_HEADER_LENGTH && be16(d.p) == BINDING_SUCCESS &&
           be32(d.p + 4) == STUN_MAGIC_COOKIE;
}

/* Its attributes fill it, and one is a MESSAGE-INTEGRITY; libnice takes the length on trust. */
static bool is_signed(struct bytes d) {
    StunMessage m = {.buffer = (uint8_t *)d.p, .buffer_len = d.n};
    uint16_t n = 0;
    return stun_message_validate_buffer_length(d.p, d.n, true) == (int)d.n &&
           stun_message_find(&m, STUN_ATTRIBUTE_MESSAGE_INTEGRITY, &n) && n == INTEGRITY_LEN;
}

static bool is_authentic(struct bytes d, const struct ice_credentials *c,
                         const uint8_t id[CHALLENGE_ID_LEN]) {
    StunAgent agent;
    StunMessage m;
    uint8_t message[MESSAGE_MAX];
    agent_init(&agent);
    if (request(&agent, c, id, message) == 0) {
        return false;
    }
    agent.usage_flags = STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS; /* a FINGERPRINT proves nothing */
    StunValidationStatus status = stun_agent_validate(&agent, &m, d.p, d.n, NULL, NULL);
    return status == STUN_VALIDATION_SUCCESS || status == STUN_VALIDATION_UNKNOWN_ATTRIBUTE;
}

bool challenge_answered(struct bytes d, const struct ice_credentials *c,
                        const uint8_t id[CHALLENGE_ID_LEN]) {
    return challenge_is_answer(d) && c->remote_pwd[0] &&
           memcmp(d.p + 8, id, CHALLENGE_ID_LEN) == 0 && is_signed(d) && is_authentic(d, c, id);
}
