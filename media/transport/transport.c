#include "media/transport/transport.h"

#include "base/alloc.h"
#include "media/wire/rtp.h"

#include <string.h>

void transport_update(struct transport *t, us_t now) {
    t->sendable = t->state == TRANSPORT_UP && t->selected >= 0 &&
                  now - t->last_authentic < t->all->c.media_silence;
}

void transport_free(struct transport *t) {
    dtls_free(t->dtls);
    srtp_opener_free(t->opener);
    srtp_sealer_free(t->sealer);
    mem_wipe(&t->keys, sizeof(t->keys));
    mem_wipe(&t->ice, sizeof(t->ice));
}

enum err transport_set_keys(struct transport *t) {
    t->opener = srtp_opener_new(&t->keys);
    t->sealer = srtp_sealer_new(&t->keys);
    return t->opener && t->sealer ? OK : ERR_NOMEM;
}

bool transport_heard(struct transport *t, us_t now, struct path *path) {
    bool was_silent = now - t->last_authentic >= t->all->c.media_silence;
    path->heard = now;
    t->last_authentic = now;
    /* The selected address is dead and this one is not: the nomination was lost on the way, or
     * names an address that the client does not have. Or somebody else has it now. */
    if (t->selected < 0 || now - t->paths[t->selected].heard >= t->all->c.media_silence) {
        t->selected = (int8_t)(path - t->paths);
    }
    transport_update(t, now);
    return was_silent;
}

enum err transport_open(struct transport *t, us_t now, struct path *path, struct packet *k,
                        bool *ret_back) {
    size_t len = k->len;
    enum err err = ERR_WRONG_STATE; /* early media, before the handshake has given us keys */
    if (t->state == TRANSPORT_UP) {
        bool rtcp = wire_classify(bytes_of(k->data, k->len)) == WIRE_RTCP;
        err = rtcp ? srtp_open_rtcp(t->opener, k->data, &len)
                   : srtp_open_rtp(t->opener, k->data, &len);
    }
    if (err != OK) {
        t->all->c.counters->drop_srtp++;
        return err;
    }
    t->packets_in++;
    t->bytes_in += k->len;
    k->len = (uint16_t)len;
    *ret_back = transport_heard(t, now, path);
    return OK;
}

bool transport_seal_rtcp(struct transport *t, struct bytes plain, struct datagram *ret) {
    if (!t->sealer || t->selected < 0) {
        return false;
    }
    uint32_t index = t->srtcp_index++; /* taken before it is used */
    struct wr out = wr_of(ret->data, sizeof(ret->data));
    ret->len = srtp_seal_rtcp(t->sealer, index, plain, &out);
    ret->to = *transport_remote(t);
    return ret->len > 0;
}
