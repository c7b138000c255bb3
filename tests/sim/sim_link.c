#include "tests/sim/sim_link.h"

/* [us] The Gilbert model counts packets. Of a path that carries few, a burst ends by time, or the
 * seconds of a handshake that waits twice as long each time would pass within one. */
#define BURST_MAX US_PER_S

void sim_link_init(struct sim_link *l, const struct sim_link_config *c, uint64_t seed) {
    *l = (struct sim_link){.c = *c};
    rng_seed(&l->seeded, seed);
    if (c->blackout_every > 0) {
        struct rng r = rng_from_seeded(&l->seeded);
        l->phase = (us_t)rng_below(&r, (uint32_t)c->blackout_every);
    }
}

static bool chance(struct sim_link *l, uint32_t ppm) {
    struct rng r = rng_from_seeded(&l->seeded);
    return ppm > 0 && rng_below(&r, PPM) < ppm;
}

static bool is_dark(const struct sim_link *l, us_t now) {
    const struct sim_link_config *c = &l->c;
    return c->blackout_every > 0 && (now + l->phase) % c->blackout_every < c->blackout;
}

static bool loses(struct sim_link *l, us_t now) {
    const struct sim_link_config *c = &l->c;
    if (l->bad && now - l->bad_since > BURST_MAX) {
        l->bad = false;
    } else if (l->bad ? chance(l, c->bad_leave) : chance(l, c->bad_enter)) {
        l->bad = !l->bad;
        l->bad_since = now;
    }
    bool burst = l->bad && chance(l, c->bad_loss);
    bool single = chance(l, c->loss);
    return l->down || burst || single;
}

/* When the last bit has left the queue, or -1 when the queue is full. */
static us_t departs(struct sim_link *l, us_t now, size_t size) {
    if (l->c.rate == 0) {
        return now;
    }
    us_t start = us_max(now, l->free_at);
    uint64_t waiting = (uint64_t)(start - now) * l->c.rate / 8 / (uint64_t)US_PER_S;
    if (waiting + size > l->c.queue) {
        return -1;
    }
    if (l->waits) {
        samples_add(l->waits, start - now);
    }
    l->free_at = start + (us_t)(size * 8 * (uint64_t)US_PER_S / l->c.rate);
    return l->free_at;
}

us_t sim_link_leaves(const struct sim_link *l, us_t now, uint64_t before, us_t left) {
    if (left <= now || before == 0 || l->c.rate == 0) {
        return left;
    }
    return now + (us_t)((double)(left - now) * (double)before / (double)l->c.rate);
}

void sim_link_rate(struct sim_link *l, us_t now, uint64_t rate) {
    uint64_t before = l->c.rate;
    l->c.rate = rate;
    l->free_at = sim_link_leaves(l, now, before, l->free_at);
}

unsigned sim_link_send(struct sim_link *l, us_t now, size_t size, us_t at[2]) {
    struct rng r = rng_from_seeded(&l->seeded);
    us_t left = departs(l, now, size);
    l->sent++;
    if (left < 0 || loses(l, now) || is_dark(l, now)) {
        l->lost++;
        return 0;
    }
    l->left = left;
    l->bytes += size;
    us_t arrival = left + l->c.delay;
    if (l->c.jitter > 0) {
        arrival += (us_t)rng_below(&r, (uint32_t)l->c.jitter + 1);
    }
    arrival = us_max(arrival, l->last);
    if (chance(l, l->c.reorder)) {
        arrival += l->c.reorder_by;
    } else {
        l->last = arrival;
    }
    at[0] = at[1] = arrival;
    if (chance(l, l->c.duplicate)) {
        at[1] += (us_t)rng_below(&r, 5000);
        l->duplicated++;
        return 2;
    }
    return 1;
}
