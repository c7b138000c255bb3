#include "media/audio/speaker.h"

#include "base/alloc.h"

#include <string.h>

#define LOUDNESS_MAX 127      /* RFC 6464 section 3: -127 dBov is digital silence */
#define UNIT 256              /* smooth is in 1/256 dB */
#define RISE_DIVISOR 2        /* smoothing per window when louder */
#define FALL_DIVISOR 32       /* and when quieter: pauses between words are bridged */
#define SPEAKER_BITS 0xfffffu /* 20 windows looked at for a change of speaker */
#define SPEAKER_WINS 15
#define FIRST_WINS 5   /* when nobody is the speaker */
#define TOP_BITS 0xffu /* 8 windows for a change in the top */
#define TOP_WINS 5
#define FEW 16          /* members that there is room for at first */
#define CATCH_UP_MAX 50 /* windows worked off by one tick; 1 s late is a new start */

/* Double the places, up to s->max; places that are there keep their numbers. */
static bool grow(struct speaker_set *s) {
    unsigned cap = s->cap == 0 ? FEW : 2 * s->cap;
    cap = cap < s->max ? cap : s->max;
    struct speaker_member *more = cap > s->cap ? mem_zalloc(cap, sizeof(*more)) : NULL;
    if (!more) {
        return false;
    }
    if (s->cap > 0) {
        memcpy(more, s->members, s->cap * sizeof(*more));
    }
    mem_free(s->members);
    s->members = more;
    s->cap = cap;
    return true;
}

enum err speaker_init(struct speaker_set *s, unsigned max) {
    memset(s, 0, sizeof(*s));
    if (max < 1 || max > 65535) {
        return ERR_RANGE;
    }
    s->max = max;
    s->next = US_NEVER;
    if (!grow(s)) {
        memset(s, 0, sizeof(*s));
        return ERR_NOMEM;
    }
    return OK;
}

void speaker_free(struct speaker_set *s) {
    mem_free(s->members);
    memset(s, 0, sizeof(*s));
}

static struct speaker_member *find(const struct speaker_set *s, uint64_t id) {
    for (unsigned i = 0; i < s->cap && id != 0; i++) {
        if (s->members[i].id == id) {
            return &s->members[i];
        }
    }
    return NULL;
}

int speaker_add(struct speaker_set *s, uint64_t id) {
    if (id == 0 || find(s, id) || (s->n == s->cap && !grow(s))) {
        return -1;
    }
    for (unsigned i = 0; i < s->cap; i++) {
        struct speaker_member *m = &s->members[i];
        if (m->id == 0) {
            *m = (struct speaker_member){.id = id, .voice_at = -SPEAKER_SILENCE};
            s->n++;
            return (int)i;
        }
    }
    return -1;
}

static void forget_leads(struct speaker_set *s) {
    for (unsigned i = 0; i < s->cap; i++) {
        s->members[i].lead = 0;
    }
}

unsigned speaker_remove(struct speaker_set *s, uint64_t id) {
    struct speaker_member *m = find(s, id);
    if (!m) {
        return 0;
    }
    unsigned changed = 0;
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        if (s->top[i] == id) {
            s->top[i] = 0;
            changed |= SPEAKER_TOP_CHANGED;
        }
    }
    if (s->speaker == id) {
        s->speaker = 0;
        forget_leads(s);
        changed |= SPEAKER_CHANGED;
    }
    memset(m, 0, sizeof(*m));
    s->n--;
    return changed;
}

void speaker_clear(struct speaker_set *s) {
    memset(s->members, 0, s->cap * sizeof(*s->members));
    memset(s->top, 0, sizeof(s->top));
    s->speaker = 0;
    s->n = 0;
    s->next = US_NEVER;
}

void speaker_level(struct speaker_set *s, us_t now, int place, uint8_t level) {
    if (place < 0 || (unsigned)place >= s->cap || s->members[place].id == 0) {
        return;
    }
    struct speaker_member *m = &s->members[place];
    uint8_t loud = level >= LOUDNESS_MAX ? 0 : (uint8_t)(LOUDNESS_MAX - level);
    m->loud = m->fresh && m->loud > loud ? m->loud : loud;
    m->fresh = true;
    m->level_at = now;
    if (s->next == US_NEVER && loud >= SPEAKER_ACTIVE) {
        s->next = now + SPEAKER_WINDOW;
    }
}

us_t speaker_deadline(const struct speaker_set *s) {
    return s->next;
}

static bool active(const struct speaker_member *m, us_t at) {
    return m->voice_at == at && m->smooth >= SPEAKER_ACTIVE * UNIT;
}

static bool silent(const struct speaker_member *m, us_t at) {
    return at - m->voice_at >= SPEAKER_SILENCE;
}

/* Close one member's window that ends at `at`. */
static void smooth_member(struct speaker_member *m, us_t at) {
    if (!m->fresh && at - m->level_at > SPEAKER_HOLD) {
        m->loud = 0;
    }
    m->fresh = false;
    int32_t d = (int32_t)m->loud * UNIT - (int32_t)m->smooth;
    m->smooth = (uint32_t)((int32_t)m->smooth + d / (d > 0 ? RISE_DIVISOR : FALL_DIVISOR));
    if (m->loud >= SPEAKER_ACTIVE) {
        m->voice_at = at;
    }
}

/* Who would speak next: the challenger with enough windows won, the loudest of several. */
static unsigned choose_speaker(struct speaker_set *s, us_t at) {
    const struct speaker_member *holder = find(s, s->speaker);
    uint32_t bar = holder ? holder->smooth + SPEAKER_LEAD * UNIT : SPEAKER_ACTIVE * UNIT;
    int wins = holder ? SPEAKER_WINS : FIRST_WINS;
    const struct speaker_member *best = NULL;
    for (unsigned i = 0; i < s->cap; i++) {
        struct speaker_member *m = &s->members[i];
        if (m->id == 0 || m == holder) {
            continue;
        }
        m->lead = (m->lead << 1 | (active(m, at) && m->smooth >= bar)) & SPEAKER_BITS;
        if (__builtin_popcount(m->lead) >= wins && active(m, at) &&
            (!best || m->smooth > best->smooth)) {
            best = m;
        }
    }
    if (!best && (!holder || !silent(holder, at))) {
        return 0;
    }
    s->speaker = best ? best->id : 0;
    forget_leads(s);
    return SPEAKER_CHANGED;
}

/* The place in the top that is easiest to take: a free one, else one fallen silent, else the
 * quietest. *ret_holder is NULL when it can be taken at once. */
static unsigned weakest_place(const struct speaker_set *s, us_t at,
                              const struct speaker_member **ret_holder) {
    unsigned place = 0;
    *ret_holder = NULL;
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        if (s->top[i] == 0) {
            *ret_holder = NULL;
            return i;
        }
    }
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        const struct speaker_member *m = find(s, s->top[i]);
        if (!m || silent(m, at)) {
            *ret_holder = NULL;
            return i;
        }
        if (!*ret_holder || m->smooth < (*ret_holder)->smooth) {
            *ret_holder = m;
            place = i;
        }
    }
    return place;
}

static void give_place(struct speaker_set *s, unsigned place, const struct speaker_member *m) {
    s->top[place] = m->id;
    for (unsigned i = 0; i < s->cap; i++) {
        s->members[i].top_lead = 0;
    }
}

/* Note for everybody outside the top whether they lead its quietest voice in this window. */
static void note_top_leads(struct speaker_set *s, us_t at) {
    const struct speaker_member *holder;
    weakest_place(s, at, &holder);
    for (unsigned i = 0; i < s->cap && holder; i++) {
        struct speaker_member *m = &s->members[i];
        bool leads = m->id != 0 && active(m, at) && !speaker_in_top(s, m->id) &&
                     m->smooth >= holder->smooth + SPEAKER_LEAD * UNIT;
        m->top_lead = (m->top_lead << 1 | leads) & TOP_BITS;
    }
}

static const struct speaker_member *loudest_outside(const struct speaker_set *s, us_t at,
                                                    int wins) {
    const struct speaker_member *best = NULL;
    for (unsigned i = 0; i < s->cap; i++) {
        const struct speaker_member *m = &s->members[i];
        if (m->id == 0 || !active(m, at) || speaker_in_top(s, m->id)) {
            continue;
        }
        if (__builtin_popcount(m->top_lead) >= wins && (!best || m->smooth > best->smooth)) {
            best = m;
        }
    }
    return best;
}

/* Free and silent places fill at once; a contested one changes at most once a window, because
 * give_place forgets the leads. */
static unsigned choose_top(struct speaker_set *s, us_t at) {
    unsigned changed = 0;
    note_top_leads(s, at);
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        const struct speaker_member *holder;
        unsigned place = weakest_place(s, at, &holder);
        const struct speaker_member *best = loudest_outside(s, at, holder ? TOP_WINS : 0);
        if (!best) {
            break;
        }
        give_place(s, place, best);
        changed = SPEAKER_TOP_CHANGED;
    }
    return changed;
}

static bool anybody_heard(const struct speaker_set *s, us_t at) {
    for (unsigned i = 0; i < s->cap; i++) {
        if (s->members[i].id != 0 && !silent(&s->members[i], at)) {
            return true;
        }
    }
    return s->speaker != 0;
}

static unsigned close_window(struct speaker_set *s, us_t at) {
    for (unsigned i = 0; i < s->cap; i++) {
        if (s->members[i].id != 0) {
            smooth_member(&s->members[i], at);
        }
    }
    unsigned changed = choose_speaker(s, at);
    return changed | choose_top(s, at);
}

unsigned speaker_tick(struct speaker_set *s, us_t now) {
    unsigned changed = 0;
    if (s->next <= now && now - s->next > CATCH_UP_MAX * SPEAKER_WINDOW) {
        s->next = now - CATCH_UP_MAX * SPEAKER_WINDOW;
    }
    while (s->next <= now) {
        us_t at = s->next;
        changed |= close_window(s, at);
        s->next = anybody_heard(s, at) ? at + SPEAKER_WINDOW : US_NEVER;
    }
    return changed;
}

bool speaker_in_top(const struct speaker_set *s, uint64_t id) {
    for (unsigned i = 0; i < SPEAKER_TOP; i++) {
        if (id != 0 && s->top[i] == id) {
            return true;
        }
    }
    return false;
}
