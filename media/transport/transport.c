#include "media/transport/transport.h"

#include "base/alloc.h"
#include "media/wire/rtp.h"

#include <string.h>

void transport_update(struct transport *t, us_t now) {
    t->sendable = t->state == TRANSPORT_UP && t->selected >= 0 &&
                  now - t->paths[t->selected].heard < t->all->c.media_silence;
}

void transport_free(struct transport *t) {
    list_remove(&t->changed);
    dtls_free(t->dtls);
    srtp_opener_free(t->opener);
    srtp_sealer_free(t->sealer);
    mem_wipe(&t->keys, sizeof(t->keys));
    mem_wipe(&t->reader, sizeof(t->reader));
    mem_wipe(&t->ice, sizeof(t->ice));
    mem_wipe(&t->earlier, sizeof(t->earlier));
}

enum err transport_set_keys(struct transport *t) {
    t->opener = srtp_opener_new(&t->keys);
    t->sealer = srtp_sealer_new(&t->keys);
    t->tag_len = (uint8_t)srtp_tag_len(t->keys.profile);
    return t->opener && t->sealer ? OK : ERR_NOMEM;
}

/* May what is meant for the client go there instead of to the selected address? Only an address
 * that is known to be the client's, once the handshake has begun: what went before is the client's
 * own size. Of two that are alive the client's nomination decides, then its priority (RFC 8445
 * section 8.1.1), because aggressive nominators name several; a dead one is left for any that
 * lives. */
static bool better(const struct transport *t, const struct path *path, us_t now) {
    if (!path->proven && (t->state != TRANSPORT_JOINING || t->dtls)) {
        return false;
    }
    if (t->selected < 0) {
        return true;
    }
    const struct path *old = &t->paths[t->selected];
    us_t silent = now - old->heard;
    if (old->earlier && !path->earlier) {
        /* RFC 8445 section 9: what a restart has nominated counts. Chromium nominates only what it
         * sends by itself, and leaves a pair when it has not been heard there for 2.5 s or more;
         * but who restarts ICE and is silent at the old address is there no more. */
        return path->nominated || silent >= PATH_LOST;
    }
    if (!path->nominated || (path->earlier && !old->earlier)) {
        return silent >= t->all->c.media_silence;
    }
    return !old->nominated || path->priority >= old->priority || silent >= PATH_STALE;
}

void transport_prefer(struct transport *t, us_t now, const struct path *path) {
    int8_t i = (int8_t)(path - t->paths);
    if (i != t->selected && better(t, path, now)) {
        t->selected = i;
        transport_update(t, now);
        transport_changed(t);
    }
}

bool transport_heard(struct transport *t, us_t now, struct path *path) {
    transport_update(t, now); /* the timer may be late */
    bool could_send = t->sendable;
    int8_t was = t->selected;
    bool lost = was >= 0 && now - t->paths[was].heard >= PATH_LOST;
    path->heard = now;
    t->last_authentic = now;
    transport_prefer(t, now, path);
    transport_update(t, now);
    return t->sendable && (!could_send || (lost && t->selected != was));
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
    t->flight_due = US_NEVER; /* who seals has our last flight */
    *ret_back = transport_heard(t, now, path);
    return OK;
}

bool transport_seal_rtcp(struct transport *t, struct bytes plain, struct datagram *ret) {
    if (!t->sealer || t->selected < 0) {
        return false;
    }
    if (!lease_covers(&t->srtcp_lease, t->srtcp_index)) {
        t->all->c.counters->drop_lease++;
        return false;
    }
    uint32_t index = t->srtcp_index++; /* taken before it is used */
    struct wr out = wr_of(ret->data, sizeof(ret->data));
    ret->len = srtp_seal_rtcp(t->sealer, index, plain, &out);
    transport_address(t, ret);
    return ret->len > 0;
}
