#include "server/net/address_rates.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/list.h"
#include "base/map.h"

#define MINUTE (60 * US_PER_S)
#define NETWORK_BYTES 8 /* of an IPv6 address: RFC 4291 section 2.5.4, the /64 of one network */

/* A rate is a bucket that holds a minute's worth: `until` is when it will have run empty. */
struct client {
    uint64_t key;
    us_t until[ADDRESS_RATES];
    uint32_t held; /* bit per rate */
    struct link in_order;
};

struct address_rates {
    struct address_rates_config config;
    struct map *by_key;
    struct link order; /* the one seen last is the last */
    size_t used;
    uint64_t forgotten;
    struct client clients[];
};

struct address_rates *address_rates_new(const struct address_rates_config *c) {
    CHECK(c->cap > 0);
    struct address_rates *r = mem_zalloc(1, sizeof(*r) + c->cap * sizeof(r->clients[0]));
    if (!r) {
        return NULL;
    }
    r->config = *c;
    list_init(&r->order);
    r->by_key = map_new(c->cap, c->seed);
    return r->by_key ? r : address_rates_free(r);
}

struct address_rates *address_rates_free(struct address_rates *r) {
    if (r) {
        map_free(r->by_key);
    }
    return mem_free(r);
}

static uint64_t key_of(const struct address_rates *r, const struct addr *client) {
    size_t n = addr_is_v4(client) ? sizeof(client->ip) : NETWORK_BYTES;
    return hash_bytes(client->ip, n, r->config.seed);
}

static bool owes(const struct client *c, us_t now) {
    for (size_t i = 0; i < ADDRESS_RATES; i++) {
        if (c->until[i] > now) {
            return true;
        }
    }
    return false;
}

/* A place for a newcomer: a free one, or that of who has not been seen for longest. */
static struct client *place(struct address_rates *r, us_t now) {
    if (r->used < r->config.cap) {
        return &r->clients[r->used++];
    }
    struct client *oldest = LIST_ENTRY(r->order.next, struct client, in_order);
    r->forgotten += owes(oldest, now);
    map_take(r->by_key, oldest->key);
    list_remove(&oldest->in_order);
    return oldest;
}

static struct client *come(struct address_rates *r, us_t now, const struct addr *client) {
    uint64_t key = key_of(r, client);
    struct client *c = map_get(r->by_key, key);
    if (c) {
        list_remove(&c->in_order);
    } else {
        c = place(r, now);
        *c = (struct client){.key = key};
        CHECK(map_put(r->by_key, key, c) == OK); /* a place is free for each entry */
    }
    list_push(&r->order, &c->in_order);
    return c;
}

/* How long this bucket has no room for one more. */
static us_t wait_of(const struct address_rates *r, const struct client *c, us_t now,
                    enum address_rate rate) {
    us_t one = MINUTE / r->config.per_minute[rate];
    us_t left = c ? us_max(c->until[rate] - now, 0) : 0;
    bool held = c && (c->held & 1u << rate);
    return held ? left : us_max(left - (MINUTE - one), 0);
}

us_t address_rates_take(struct address_rates *r, us_t now, const struct addr *client,
                        enum address_rate rate) {
    if (!client || !r->config.per_minute[rate]) {
        return 0;
    }
    struct client *c = come(r, now, client);
    us_t wait = wait_of(r, c, now, rate);
    if (wait > 0) {
        return wait;
    }
    c->held &= ~(1u << rate);
    c->until[rate] = us_max(c->until[rate], now) + MINUTE / r->config.per_minute[rate];
    if (wait_of(r, c, now, rate) > 0) { /* the last that fits is the last for a while */
        c->held |= r->config.holds & 1u << rate;
    }
    return 0;
}

us_t address_rates_wait(const struct address_rates *r, us_t now, const struct addr *client,
                        enum address_rate rate) {
    if (!client || !r->config.per_minute[rate]) {
        return 0;
    }
    return wait_of(r, map_get(r->by_key, key_of(r, client)), now, rate);
}

uint64_t address_rates_forgotten(const struct address_rates *r) {
    return r->forgotten;
}
