#include "media/transport/credentials.h"

#include "base/check.h"

#include <string.h>

static uint64_t key_of(const struct transports *all, struct bytes ufrag) {
    return hash_bytes(ufrag.p, ufrag.n, all->seed);
}

static struct bytes ufrag_of(const struct ice_credentials *c) {
    return bytes_of(c->local_ufrag, strlen(c->local_ufrag));
}

/* A pair that was made with the current credentials is in use. */
static bool has_pair(const struct transport *t) {
    const struct path *path = t->selected < 0 ? NULL : &t->paths[t->selected];
    return path && path->nominated && path->proven && !path->earlier;
}

static void forget_earlier(struct transport *t) {
    if (t->earlier_key) {
        map_take(t->all->ufrags, t->earlier_key);
        mem_wipe(&t->earlier, sizeof(t->earlier));
        t->earlier_key = 0;
    }
}

/* Make room for new credentials: which of the two generations stays? */
static void set_aside(struct transport *t) {
    if (t->earlier_key && !has_pair(t)) {
        map_take(t->all->ufrags, t->ufrag_key);
        return;
    }
    forget_earlier(t);
    t->earlier = t->ice;
    t->earlier_key = t->ufrag_key;
}

enum err credentials_announce(struct transport *t, const struct ice_credentials *ice) {
    struct map *ufrags = t->all->ufrags;
    uint64_t key = key_of(t->all, ufrag_of(ice));
    const struct transport *other = map_get(ufrags, key);
    if (other && (other != t || key != t->ufrag_key)) {
        return ERR_EXISTS;
    }
    if (t->ufrag_key && key != t->ufrag_key) {
        set_aside(t);
    }
    CHECK(map_put(ufrags, key, t) == OK);
    t->ufrag_key = key;
    t->ice = *ice;
    for (unsigned i = 0; i < TRANSPORT_PATHS_MAX; i++) {
        t->paths[i].earlier = true;
        t->paths[i].challenged_at = 0;
    }
    transport_changed(t);
    return OK;
}

struct transport *credentials_find(const struct transports *all, struct bytes ufrag,
                                   bool *ret_earlier) {
    struct transport *t = map_get(all->ufrags, key_of(all, ufrag));
    if (!t) {
        return NULL;
    }
    *ret_earlier = !bytes_eq(ufrag, ufrag_of(&t->ice));
    return !*ret_earlier || bytes_eq(ufrag, ufrag_of(&t->earlier)) ? t : NULL;
}

void credentials_settle(struct transport *t) {
    if (has_pair(t)) {
        forget_earlier(t);
    }
}

void credentials_forget(struct transport *t) {
    forget_earlier(t);
    map_take(t->all->ufrags, t->ufrag_key);
}
