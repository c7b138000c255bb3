/* The few STUN messages (RFC 8489) of a controlling full ICE agent, written apart from the library
 * that the engine uses, so that the two check each other. */
#ifndef ORIEL_TESTS_SIM_STUN_H
#define ORIEL_TESTS_SIM_STUN_H

#include "base/addr.h"
#include "base/bytes.h"
#include "base/session.h"

#define STUN_ID_LEN 12 /* [bytes] transaction id */

struct stun_check {
    const struct ice_credentials *c; /* as the server sees them: local is the server's */
    uint8_t id[STUN_ID_LEN];
    uint64_t tie;  /* ICE-CONTROLLING */
    bool nominate; /* USE-CANDIDATE */
    bool bare;     /* without USERNAME and MESSAGE-INTEGRITY: anonymous */
};

/* A binding request (RFC 8445 section 7.1). */
void stun_write_check(struct wr *w, const struct stun_check *k);
/* True when d is a success response to the transaction id, with MESSAGE-INTEGRITY by pwd; writes
 * the XOR-MAPPED-ADDRESS. */
bool stun_read_response(struct bytes d, const uint8_t id[STUN_ID_LEN], const char *pwd,
                        struct addr *ret);

/* True when d is a binding request with MESSAGE-INTEGRITY by pwd; writes its transaction id. A full
 * agent on the other side sends them too. */
bool stun_read_check(struct bytes d, const char *pwd, uint8_t ret_id[STUN_ID_LEN]);
/* The success response to it, which tells the IPv4 address that the request came from. */
void stun_write_response(struct wr *w, const uint8_t id[STUN_ID_LEN], const char *pwd,
                         const struct addr *from);

#endif
