#include "signaling/state/state.h"

#include "base/bytes.h"
#include "base/check.h"

#include <string.h>

uint64_t key_of(const struct signaling *s, const char *text) {
    return hash_bytes(text, strlen(text), s->seed);
}

void random_hex(struct signaling *s, char *out, size_t n) {
    uint8_t raw[32];
    CHECK(n / 2 <= sizeof(raw));
    rng_fill(&s->config.rng, raw, n / 2);
    hex_encode(out, raw, n / 2);
}

wall_t wall_at(const struct signaling *s, us_t now) {
    return (wall_t){s->clock.wall.us + (now - s->clock.now)};
}

us_t us_at(const struct signaling *s, wall_t wall) {
    return s->clock.now + (wall.us - s->clock.wall.us);
}

uint32_t retry_after_of(const struct signaling *s, enum code code) {
    return code == CODE_SERVER_OVERLOADED ? s->retry_after_s
           : code == CODE_DRAINING        ? s->drain.retry_after_s
                                          : 0;
}

struct tour *tour_by_name(const struct signaling *s, const char *name) {
    struct tour *t = map_get(s->names, key_of(s, name));
    return t && strcmp(t->name, name) == 0 ? t : NULL;
}

static struct seat *find_sub(const struct link *seats, const char *sub) {
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (strcmp(seat->sub, sub) == 0) {
            return seat;
        }
    }
    return NULL;
}

static struct seat *find_number(const struct link *seats, const char *id) {
    uint32_t number;
    if (id[0] != 'p' || !span_number((struct span){id + 1, strlen(id) - 1}, UINT32_MAX, &number)) {
        return NULL;
    }
    LIST_EACH(l, seats) {
        struct seat *seat = LIST_ENTRY(l, struct seat, in_tour);
        if (seat->number == number) {
            return seat;
        }
    }
    return NULL;
}

struct seat *seat_by_sub(const struct tour *t, const char *sub) {
    return t ? find_sub(&t->seats, sub) : NULL;
}

bool seat_is_whip(const struct seat *seat) {
    return !seat->conn && !seat->lost;
}

struct seat *seat_by_number(const struct tour *t, const char *id) {
    return find_number(&t->seats, id);
}

struct seat *waiting_by_sub(const struct tour *t, const char *sub) {
    return t ? find_sub(&t->lobby, sub) : NULL;
}

struct seat *waiting_by_number(const struct tour *t, const char *id) {
    return find_number(&t->lobby, id);
}

us_t account_wait(const struct account *a, us_t now, uint32_t per_minute, uint32_t burst) {
    us_t cost = per_minute ? 60 * US_PER_S / per_minute : 0;
    us_t used = us_max(a->used - (now - a->at), 0);
    return per_minute ? us_max(used + cost - burst * cost, 0) : 0;
}

bool account_admit(struct account *a, us_t now, uint32_t per_minute, uint32_t burst) {
    if (account_wait(a, now, per_minute, burst) > 0) {
        return false;
    }
    a->used = us_max(a->used - (now - a->at), 0) + (per_minute ? 60 * US_PER_S / per_minute : 0);
    a->at = now;
    return true;
}
