#include "media/transport/path.h"

#include "base/check.h"
#include "media/transport/credentials.h"

#include <string.h>

static struct path *path_of(struct transport *t, const struct addr *from) {
    for (unsigned i = 0; i < TRANSPORT_PATHS_MAX; i++) {
        if (t->paths[i].valid && addr_eq(&t->paths[i].addr, from)) {
            return &t->paths[i];
        }
    }
    return NULL;
}

static bool is_selected(const struct transport *t, const struct path *path) {
    return t->selected >= 0 && path == &t->paths[t->selected];
}

static void drop(struct transport *t, struct path *path) {
    if (!path->valid) {
        return;
    }
    map_take(t->all->addrs, addr_hash(&path->addr, t->all->seed));
    if (is_selected(t, path)) {
        t->selected = -1;
        t->sendable = false;
    }
    path->valid = false;
}

struct transport *path_find(struct transports *all, us_t now, const struct addr *from,
                            struct path **ret_path) {
    struct transport *t = map_get(all->addrs, addr_hash(from, all->seed));
    struct path *path = t ? path_of(t, from) : NULL;
    if (!path) {
        return NULL;
    }
    if (!is_selected(t, path) && path->heard + PATH_LIFE < now) {
        drop(t, path);
        return NULL;
    }
    *ret_path = path;
    return t;
}

/* A free place, else that of the address unheard for the longest, but not the selected one. */
static struct path *place(struct transport *t) {
    struct path *oldest = NULL;
    for (unsigned i = 0; i < TRANSPORT_PATHS_MAX; i++) {
        struct path *path = &t->paths[i];
        if (!path->valid) {
            return path;
        }
        if (!is_selected(t, path) && (!oldest || path->heard < oldest->heard)) {
            oldest = path;
        }
    }
    drop(t, oldest);
    return oldest;
}

/* Who has it is known to be there and has just been heard: whoever checks from that address now
 * forges it. An address that is not proven, or has fallen silent, may have a new owner (a page that
 * was reloaded may get its old port again). */
static bool is_taken(const struct path *theirs, us_t now) {
    return theirs->proven && now - theirs->heard < PATH_OWNED;
}

struct path *path_add(struct transport *t, us_t now, const struct packet_addrs *a) {
    struct map *addrs = t->all->addrs;
    struct path *path = path_of(t, &a->from);
    if (path) {
        path->local = a->to;
        return path;
    }
    uint64_t key = addr_hash(&a->from, t->all->seed);
    struct transport *other = map_get(addrs, key);
    struct path *theirs = other ? path_of(other, &a->from) : NULL;
    if (theirs && is_taken(theirs, now)) {
        return NULL;
    }
    if (theirs) {
        drop(other, theirs);
    }
    path = place(t);
    *path = (struct path){.addr = a->from, .local = a->to, .heard = now, .valid = true};
    CHECK(map_put(addrs, key, t) == OK);
    return path;
}

void path_forget_all(struct transport *t) {
    int8_t selected = t->selected;
    credentials_forget(t);
    for (unsigned i = 0; i < TRANSPORT_PATHS_MAX; i++) {
        drop(t, &t->paths[i]);
    }
    t->selected = selected;
}

/* It is the same transaction until it is answered (RFC 8489 section 6.2.1): on a long way the
 * client checks again before its first answer is here. */
void path_challenge(struct transport *t, us_t now, struct path *path, struct datagram *ret) {
    bool again = path->challenged_at > 0 && now - path->challenged_at < PATH_CHALLENGE_GAP;
    bool first = t->state == TRANSPORT_JOINING && !t->dtls; /* the handshake will prove it */
    const struct ice_credentials *ice = credentials_of(t, path);
    ret->len = 0;
    if (path->proven || first || again || !ice->remote_pwd[0]) {
        return;
    }
    struct wr w = wr_of(ret->data, sizeof(ret->data));
    if (path->challenged_at == 0) {
        rng_fill(&t->all->c.rng, path->challenge, sizeof(path->challenge));
    }
    challenge_write(&w, ice, path->challenge);
    if (w.bad || !transport_allows(path, wr_len(&w))) {
        return;
    }
    path->challenged_at = now;
    ret->len = wr_len(&w);
    ret->to = path->addr;
    ret->from = path->local;
    path->sent += (uint32_t)ret->len;
}

static struct transport *answered(struct transports *all, us_t now, const struct packet *k,
                                  bool *ret_back) {
    struct path *path = NULL;
    struct transport *t = path_find(all, now, &k->from, &path);
    if (!t || path->proven || path->challenged_at == 0 ||
        !challenge_answered(bytes_of(k->data, k->len), credentials_of(t, path), path->challenge)) {
        all->c.counters->drop_stun++;
        return NULL;
    }
    path->proven = true;
    all->c.counters->paths_proven++;
    *ret_back = transport_heard(t, now, path);
    credentials_settle(t);
    return t;
}

struct check { /* an authentic one */
    struct transport *transport;
    bool earlier; /* with its credentials from before a restart */
    struct ice_check ice;
};

/* A client that restarts may check a pair with the credentials from before it still after it has
 * with the new ones, which count. */
static void nominate(struct path *path, const struct ice_check *check, bool earlier) {
    bool new = path->received == 0;
    if (!earlier || new || path->earlier) {
        path->challenged_at = path->earlier == earlier ? path->challenged_at : 0;
        path->earlier = earlier;
        path->nominated = check->nominated;
        path->priority = check->priority;
    }
}

/* An authentic check of t's client. NULL when its address is somebody else's. */
static struct path *checked(struct transport *t, us_t now, const struct packet *k,
                            const struct check *c) {
    struct path *path = path_add(t, now, &(struct packet_addrs){k->from, k->to});
    if (!path) {
        t->all->c.counters->drop_stun++;
        t->all->c.counters->addresses_refused++;
        return NULL;
    }
    nominate(path, &c->ice, c->earlier);
    path->received += k->len;
    t->packets_in++;
    t->bytes_in += k->len;
    return path;
}

static enum err request(struct transports *all, const struct packet *k, struct check *ret,
                        struct datagram *reply) {
    struct ice_request r = {bytes_of(k->data, k->len), &k->from};
    struct bytes ufrag;
    struct wr w = wr_of(reply->data, sizeof(reply->data));
    enum err err = ice_request_ufrag(r.datagram, &ufrag);
    struct transport *t = err == OK ? credentials_find(all, ufrag, &ret->earlier) : NULL;
    if (!t) {
        return ERR_AUTH;
    }
    ret->transport = t;
    err = ice_check(all->ice, ret->earlier ? &t->earlier : &t->ice, &r, &w, &ret->ice);
    if (err == OK || err == ERR_UNSUPPORTED) {
        reply->len = ret->ice.reply_len;
        reply->to = k->from;
        reply->from = k->to;
    }
    return err;
}

struct transport *path_stun(struct transports *all, us_t now, const struct packet *k,
                            struct path_replies *ret) {
    struct check check = {0};
    ret->reply.len = ret->challenge.len = 0;
    ret->back = false;
    if (challenge_is_answer(bytes_of(k->data, k->len))) {
        return answered(all, now, k, &ret->back);
    }
    enum err err = request(all, k, &check, &ret->reply);
    if (err != OK) {
        all->c.counters->drop_stun += err != ERR_UNSUPPORTED;
        return NULL;
    }
    struct transport *t = check.transport;
    struct path *path = checked(t, now, k, &check);
    if (!path) {
        ret->reply.len = 0;
        return NULL;
    }
    ret->back = transport_heard(t, now, path);
    credentials_settle(t);
    path->sent += (uint32_t)ret->reply.len;
    path_challenge(t, now, path, &ret->challenge);
    return t;
}
