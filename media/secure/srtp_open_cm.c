/* AES-CM with HMAC-SHA1 through libsrtp2: the only file that includes it. libsrtp2 keeps rollover
 * counters and replay windows of its own beside ours, and creates a stream only after its first
 * packet is authentic. Its memory is taken only by clients that cannot do AES-GCM. */
#include "base/alloc.h"
#include "media/secure/srtp.h"
#include "media/secure/srtp_open.h"

#include <srtp2/srtp.h>

#define REPLAY_WINDOW 1024 /* [packets] as SRTP_WINDOW */

struct open_cm {
    srtp_t srtp;
    srtp_policy_t policy; /* its key points into this struct */
    uint8_t key[SRTP_KEY_MAX + SRTP_SALT_MAX];
};

static void set_policy(srtp_policy_t *p, unsigned char *key) {
    *p = (srtp_policy_t){
        .ssrc = {.type = ssrc_any_inbound}, .key = key, .window_size = REPLAY_WINDOW};
    srtp_crypto_policy_set_rtp_default(&p->rtp);
    srtp_crypto_policy_set_rtcp_default(&p->rtcp);
}

/* Debian's libsrtp2 is built on NSS and ends it with the last cipher: the next session would load
 * its modules from disk again, half a millisecond or more of a worker's time. One session of ours
 * that never ends keeps them. */
static srtp_t keeper;

static bool keep_library(void) {
    static unsigned char key[SRTP_KEY_MAX + SRTP_SALT_MAX];
    srtp_policy_t policy;
    set_policy(&policy, key);
    return srtp_create(&keeper, &policy) == srtp_err_status_ok;
}

enum err srtp_library_init(void) {
    static bool started; /* libsrtp2 refuses to be started again */
    if (!started && srtp_init() != srtp_err_status_ok) {
        return ERR_CRYPTO;
    }
    started = true;
    return keeper || keep_library() ? OK : ERR_CRYPTO;
}

struct open_cm *srtp_cm_new(const struct dtls_keys *k) {
    size_t key_len = srtp_key_len(k->profile);
    struct open_cm *c = mem_zalloc(1, sizeof(*c));
    if (!c) {
        return NULL;
    }
    memcpy(c->key, k->inbound.key, key_len);
    memcpy(c->key + key_len, k->inbound.salt, srtp_salt_len(k->profile));
    set_policy(&c->policy, c->key);
    if (srtp_create(&c->srtp, &c->policy) != srtp_err_status_ok) {
        c->srtp = NULL;
        srtp_cm_free(c);
        return NULL;
    }
    return c;
}

void srtp_cm_free(struct open_cm *c) {
    if (c) {
        if (c->srtp) {
            srtp_dealloc(c->srtp);
        }
        mem_wipe(c, sizeof(*c));
        mem_free(c);
    }
}

static enum err err_of(srtp_err_status_t st) {
    switch (st) {
    case srtp_err_status_ok:
        return OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
        return ERR_REPLAY;
    case srtp_err_status_bad_param:
    case srtp_err_status_parse_err:
        return ERR_FORMAT;
    case srtp_err_status_alloc_fail:
        return ERR_NOMEM;
    default:
        return ERR_AUTH;
    }
}

/* libsrtp2 2.5 takes host order everywhere but here. */
void srtp_cm_forget(struct open_cm *c, uint32_t ssrc) {
    uint8_t wire[4];
    put_be32(wire, ssrc);
    memcpy(&ssrc, wire, sizeof(ssrc));
    (void)srtp_remove_stream(c->srtp, ssrc);
}

enum err srtp_cm_introduce(struct open_cm *c, uint32_t ssrc) {
    srtp_policy_t policy = c->policy;
    policy.ssrc.type = ssrc_specific;
    policy.ssrc.value = ssrc;
    return srtp_add_stream(c->srtp, &policy) == srtp_err_status_ok ? OK : ERR_NOMEM;
}

void srtp_cm_tell(struct open_cm *c, const struct arrival *a) {
    (void)srtp_set_stream_roc(c->srtp, a->ssrc, (uint32_t)(a->index >> 16));
}

enum err srtp_cm_open(struct open_cm *c, const struct arrival *a) {
    int n = (int)*a->len;
    srtp_err_status_t st = a->rtcp ? srtp_unprotect_rtcp(c->srtp, a->packet, &n)
                                   : srtp_unprotect(c->srtp, a->packet, &n);
    if (st == srtp_err_status_ok) {
        *a->len = (size_t)n;
    }
    return err_of(st);
}
