#include "media/transport/path.h"

#include "base/check.h"

#include <string.h>

static uint64_t ufrag_key(const struct transports *all, struct bytes ufrag) {
    return hash_bytes(ufrag.p, ufrag.n, all->seed);
}

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

struct path *path_add(struct transport *t, us_t now, const struct addr *from, bool select) {
    struct transports *all = t->all;
    struct path *path = path_of(t, from);
    if (!path) {
        uint64_t key = addr_hash(from, all->seed);
        struct transport *other = map_get(all->addrs, key);
        struct path *theirs = other ? path_of(other, from) : NULL;
        if (theirs) { /* a page that was reloaded may get its old port again */
            drop(other, theirs);
        }
        path = place(t);
        *path = (struct path){.addr = *from, .heard = now, .valid = true};
        CHECK(map_put(all->addrs, key, t) == OK);
    }
    path->heard = now;
    if (select || t->selected < 0) {
        t->selected = (int8_t)(path - t->paths);
    }
    return path;
}

void path_forget_all(struct transport *t) {
    int8_t selected = t->selected;
    map_take(t->all->ufrags, t->ufrag_key);
    for (unsigned i = 0; i < TRANSPORT_PATHS_MAX; i++) {
        drop(t, &t->paths[i]);
    }
    t->selected = selected;
}

enum err path_announce(struct transport *t, const struct ice_credentials *ice) {
    struct map *ufrags = t->all->ufrags;
    uint64_t key = ufrag_key(t->all, bytes_of(ice->local_ufrag, strlen(ice->local_ufrag)));
    struct transport *other = map_get(ufrags, key);
    if (other && other != t) {
        return ERR_EXISTS;
    }
    if (t->ufrag_key) {
        map_take(ufrags, t->ufrag_key);
    }
    CHECK(map_put(ufrags, key, t) == OK);
    t->ufrag_key = key;
    t->ice = *ice;
    return OK;
}

static struct transport *by_ufrag(const struct transports *all, struct bytes ufrag) {
    struct transport *t = map_get(all->ufrags, ufrag_key(all, ufrag));
    if (!t || !bytes_eq(ufrag, bytes_of(t->ice.local_ufrag, strlen(t->ice.local_ufrag)))) {
        return NULL;
    }
    return t;
}

struct transport *path_check(struct transports *all, us_t now, const struct packet *k,
                             struct datagram *reply, bool *ret_back) {
    struct bytes datagram = bytes_of(k->data, k->len), ufrag;
    struct transport *t = NULL;
    if (ice_request_ufrag(datagram, &ufrag) == OK) {
        t = by_ufrag(all, ufrag);
    }
    struct wr w = wr_of(reply->data, sizeof(reply->data));
    struct ice_check check = {0};
    enum err err = ERR_AUTH;
    if (t) {
        err = ice_check(all->ice, &t->ice, &(struct ice_request){datagram, &k->from}, &w, &check);
    }
    if (err != OK && err != ERR_UNSUPPORTED) {
        all->c.counters->drop_stun++;
        return NULL;
    }
    reply->len = check.reply_len;
    reply->to = k->from;
    if (err != OK) {
        return NULL;
    }
    *ret_back = transport_heard(t, now, path_add(t, now, &k->from, check.nominated));
    t->packets_in++;
    t->bytes_in += k->len;
    return t;
}
