#include "media/bwe/allocation.h"

#include <stdbool.h>
#include <stddef.h>

struct budget {
    uint64_t rate, spent; /* [bit/s] */
};

/* May this layer ever be chosen? */
static bool fit_to_see(const struct allocation_slot *s, unsigned i) {
    if (s->kind == ALLOCATION_SHARE || s->layers[i].spatial == 0) {
        return true;
    }
    bool has_more = i + 1 < s->n && s->layers[i + 1].spatial == s->layers[i].spatial;
    return s->layers[i].temporal > 0 || !has_more;
}

static uint64_t taken(const struct allocation_slot *s) {
    return s->chosen == ALLOCATION_PAUSED ? 0 : s->layers[s->chosen].rate;
}

/* Choose layer i if it fits instead of what is chosen; `before` is what was shown until now. */
static bool take(struct budget *b, struct allocation_slot *s, unsigned i, int before) {
    uint64_t rest = b->spent - taken(s), rate = b->rate;
    if ((int)i > before) {
        rate -= rate / ALLOCATION_MARGIN;
    }
    if (rest + s->layers[i].rate > rate) {
        return false;
    }
    b->spent = rest + s->layers[i].rate;
    s->chosen = (int8_t)i;
    return true;
}

/* The lowest frame rate at full size. */
static unsigned full_size(const struct allocation_slot *s) {
    unsigned i = s->n - 1u;
    while (i > 0 && s->layers[i - 1].spatial == s->layers[i].spatial) {
        i--;
    }
    return i;
}

/* The best layer in first..last that fits. */
static bool best(struct budget *b, struct allocation_slot *s, unsigned first, unsigned last,
                 int before) {
    for (unsigned i = last + 1; i-- > first;) {
        if (fit_to_see(s, i) && take(b, s, i, before)) {
            return true;
        }
    }
    return false;
}

/* The least that is shown of it. */
static bool least(struct budget *b, struct allocation_slot *s, int before) {
    if (s->kind == ALLOCATION_SHARE) {
        unsigned full = full_size(s);
        return take(b, s, full, before) || (full > 0 && best(b, s, 0, full - 1, before));
    }
    return take(b, s, 0, before);
}

/* And the most. */
static void most(struct budget *b, struct allocation_slot *s, int before) {
    if (s->chosen != ALLOCATION_PAUSED) {
        (void)best(b, s, (unsigned)s->chosen + 1, s->n - 1u, before);
    }
}

struct turn {
    enum allocation_kind kind;
    bool up;
};

static const struct turn policy[] = {
    {ALLOCATION_SHARE, false}, {ALLOCATION_STAGE, false},   {ALLOCATION_SHARE, true},
    {ALLOCATION_STAGE, true},  {ALLOCATION_GALLERY, false}, {ALLOCATION_GALLERY, true},
};

/* The one that goes before all others; n: there is none. */
static unsigned first_of(const struct allocation_slot *slots, unsigned n) {
    unsigned first = n;
    for (unsigned i = 0; i < n; i++) {
        if (slots[i].n > 0 && (first == n || slots[i].kind < slots[first].kind)) {
            first = i;
        }
    }
    return first;
}

/* The first video of the policy is paused only when not even half of it fits, whatever else would.
 */
static void desperate(struct budget *b, struct allocation_slot *s) {
    if (b->spent < b->rate && s->layers[0].rate / ALLOCATION_DESPERATE <= b->rate - b->spent) {
        s->chosen = 0;
        b->spent += s->layers[0].rate;
    }
}

uint64_t allocation_least(uint64_t audio, const struct allocation_slot *slots, unsigned n) {
    unsigned first = first_of(slots, n);
    return first == n ? 0 : audio + slots[first].layers[0].rate / ALLOCATION_DESPERATE + 1;
}

uint64_t allocate(uint64_t rate, uint64_t audio, struct allocation_slot *slots, unsigned n) {
    struct budget b = {.rate = rate, .spent = audio};
    unsigned first = first_of(slots, n);
    int8_t before[UINT8_MAX];
    n = n < UINT8_MAX ? n : UINT8_MAX;
    for (unsigned i = 0; i < n; i++) {
        before[i] = slots[i].chosen < slots[i].n ? slots[i].chosen : ALLOCATION_PAUSED;
        slots[i].chosen = ALLOCATION_PAUSED;
    }
    for (unsigned k = 0; k < sizeof(policy) / sizeof(policy[0]); k++) {
        for (unsigned i = 0; i < n; i++) {
            if (slots[i].kind != policy[k].kind || slots[i].n == 0) {
                continue;
            }
            if (policy[k].up) {
                most(&b, &slots[i], before[i]);
            } else if (!least(&b, &slots[i], before[i]) && i == first) {
                desperate(&b, &slots[i]);
            }
        }
    }
    return b.spent;
}

uint64_t allocation_wanted(uint64_t audio, const struct allocation_slot *slots, unsigned n) {
    uint64_t sum = audio;
    for (unsigned i = 0; i < n; i++) {
        sum += slots[i].n > 0 ? slots[i].layers[slots[i].n - 1].rate : 0;
    }
    return sum + sum / (ALLOCATION_MARGIN - 1) + 1; /* without it nothing goes up */
}
