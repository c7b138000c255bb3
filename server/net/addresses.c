#include "server/net/addresses.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "base/map.h"

struct address {
    uint64_t key;
    uint32_t connections, requests;
    size_t input; /* [bytes] */
    struct link in_all;
};

struct addresses {
    struct addresses_config config;
    struct map *by_key;
    struct link all;
};

#define NETWORK_BYTES 8 /* of an IPv6 address: RFC 4291 section 2.5.4, the /64 of one network */

struct addresses *addresses_new(const struct addresses_config *c) {
    struct addresses *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        return NULL;
    }
    a->config = *c;
    list_init(&a->all);
    a->by_key = map_new(c->cap, c->seed);
    return a->by_key ? a : addresses_free(a);
}

struct addresses *addresses_free(struct addresses *a) {
    if (!a) {
        return NULL;
    }
    LIST_EACH(l, &a->all) {
        mem_free(LIST_ENTRY(l, struct address, in_all));
    }
    map_free(a->by_key);
    return mem_free(a);
}

/* Two addresses with the same 64-bit key would share their limits; with a secret seed nobody can
 * bring that about. */
static uint64_t key_of(const struct addresses *a, const struct addr *client) {
    size_t n = addr_is_v4(client) ? sizeof(client->ip) : NETWORK_BYTES;
    return hash_bytes(client->ip, n, a->config.seed);
}

static struct address *add(struct addresses *a, uint64_t key) {
    struct address *x = mem_zalloc(1, sizeof(*x));
    if (!x) {
        return NULL;
    }
    x->key = key;
    CHECK(map_put(a->by_key, key, x) == OK); /* the caller looked for room */
    list_push(&a->all, &x->in_all);
    return x;
}

enum err addresses_connect(struct addresses *a, const struct addr *client, struct address **ret) {
    uint64_t key = key_of(a, client);
    struct address *x = map_get(a->by_key, key);
    if (x ? x->connections >= a->config.connections : map_len(a->by_key) >= a->config.cap) {
        return ERR_FULL;
    }
    x = x ? x : add(a, key);
    if (!x) {
        return ERR_NOMEM;
    }
    x->connections++;
    *ret = x;
    return OK;
}

void addresses_disconnect(struct addresses *a, struct address *x) {
    if (!x) {
        return;
    }
    CHECK(x->connections > 0);
    if (--x->connections > 0) {
        return;
    }
    CHECK(x->requests == 0 && x->input == 0);
    map_take(a->by_key, x->key);
    list_remove(&x->in_all);
    mem_free(x);
}

bool addresses_begin(const struct addresses *a, struct address *x) {
    if (x->requests >= a->config.requests) {
        return false;
    }
    x->requests++;
    return true;
}

void addresses_end(struct address *x) {
    CHECK(x->requests > 0);
    x->requests--;
}

bool addresses_hold(const struct addresses *a, struct address *x, size_t n) {
    if (n > a->config.input - x->input) {
        return false;
    }
    x->input += n;
    return true;
}

void addresses_release(struct address *x, size_t n) {
    CHECK(n <= x->input);
    x->input -= n;
}

size_t addresses_len(const struct addresses *a) {
    return map_len(a->by_key);
}
