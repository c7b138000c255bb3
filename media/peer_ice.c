/* Addresses of a peer: only an authenticated STUN check makes an address valid, and only a valid
 * address may speak DTLS, SRTP or SRTCP (RFC 8445 section 12, RFC 8827 section 6.5). A source
 * address is never filtered otherwise: with a server on loopback browsers send from elsewhere. */
#include "base/check.h"
#include "media/peer.h"

uint64_t ufrag_key(const struct engine *e, struct bytes ufrag) {
    return hash_bytes(ufrag.p, ufrag.n, e->seed);
}

struct path *peer_path(struct peer *p, const struct addr *from) {
    for (unsigned i = 0; i < PEER_PATHS_MAX; i++) {
        if (p->paths[i].valid && addr_eq(&p->paths[i].addr, from)) {
            return &p->paths[i];
        }
    }
    return NULL;
}

static bool is_selected(const struct peer *p, const struct path *path) {
    return p->selected >= 0 && path == &p->paths[p->selected];
}

struct peer *peer_by_addr(struct engine *e, const struct addr *from, struct path **ret_path) {
    struct peer *p = map_get(e->addrs, addr_hash(from, e->seed));
    struct path *path = p ? peer_path(p, from) : NULL;
    if (!path) {
        return NULL;
    }
    if (!is_selected(p, path) && path->heard + PEER_PATH_LIFE < e->now) {
        peer_drop_path(p, path);
        return NULL;
    }
    *ret_path = path;
    return p;
}

void peer_drop_path(struct peer *p, struct path *path) {
    if (!path->valid) {
        return;
    }
    map_take(p->engine->addrs, addr_hash(&path->addr, p->engine->seed));
    if (is_selected(p, path)) {
        p->selected = -1;
    }
    path->valid = false;
}

/* A free place, else that of the address unheard for the longest, but not the selected one. */
static struct path *path_place(struct peer *p) {
    struct path *oldest = NULL;
    for (unsigned i = 0; i < PEER_PATHS_MAX; i++) {
        struct path *path = &p->paths[i];
        if (!path->valid) {
            return path;
        }
        if (!is_selected(p, path) && (!oldest || path->heard < oldest->heard)) {
            oldest = path;
        }
    }
    peer_drop_path(p, oldest);
    return oldest;
}

struct path *peer_add_path(struct peer *p, us_t now, const struct addr *from, bool select) {
    struct engine *e = p->engine;
    struct path *path = peer_path(p, from);
    if (!path) {
        uint64_t key = addr_hash(from, e->seed);
        struct peer *other = map_get(e->addrs, key);
        struct path *theirs = other ? peer_path(other, from) : NULL;
        if (theirs) { /* a page that was reloaded may get its old port again */
            peer_drop_path(other, theirs);
        }
        path = path_place(p);
        *path = (struct path){.addr = *from, .heard = now, .valid = true};
        CHECK(map_put(e->addrs, key, p) == OK);
    }
    path->heard = now;
    if (select || p->selected < 0) {
        p->selected = (int8_t)(path - p->paths);
    }
    return path;
}

static struct peer *peer_by_ufrag(const struct engine *e, struct bytes ufrag) {
    struct peer *p = map_get(e->ufrags, ufrag_key(e, ufrag));
    if (!p || !bytes_eq(ufrag, bytes_of(p->ice.local_ufrag, strlen(p->ice.local_ufrag)))) {
        return NULL;
    }
    return p;
}

void peer_stun(struct engine *e, us_t now, struct packet *k) {
    e->n.stun_in++;
    struct bytes datagram = bytes_of(k->data, k->len), ufrag;
    struct peer *p = NULL;
    if (ice_request_ufrag(datagram, &ufrag) == OK) {
        p = peer_by_ufrag(e, ufrag);
    }
    if (!p) {
        e->n.drop_stun++;
        return;
    }
    struct wr w = wr_of(e->reply.data, sizeof(e->reply.data));
    struct ice_check check = {0};
    enum err err =
        ice_check(e->ice, &p->ice, &(struct ice_request){datagram, &k->from}, &w, &check);
    if (err != OK && err != ERR_UNSUPPORTED) {
        e->n.drop_stun++;
        return;
    }
    e->reply.len = check.reply_len;
    e->reply.to = k->from;
    if (err == OK) {
        peer_heard(p, now, peer_add_path(p, now, &k->from, check.nominated));
        p->packets_in++;
        p->bytes_in += k->len;
        peer_reschedule(p, now);
    }
}

enum err peer_set_ice(struct peer *p, const struct ice_credentials *c) {
    struct engine *e = p->engine;
    uint64_t key = ufrag_key(e, bytes_of(c->local_ufrag, strlen(c->local_ufrag)));
    struct peer *other = map_get(e->ufrags, key);
    if (other && other != p) {
        return ERR_EXISTS;
    }
    if (p->ufrag_key) {
        map_take(e->ufrags, p->ufrag_key);
    }
    CHECK(map_put(e->ufrags, key, p) == OK);
    p->ufrag_key = key;
    p->ice = *c;
    return OK;
}
