#include "media/engine/allot.h"

#include "media/bwe/allocation.h"
#include "media/engine/event.h"
#include "media/engine/flow.h"
#include "media/engine/need.h"
#include "media/engine/pace.h"
#include "media/engine/picture.h"
#include "media/engine/reception.h"

/* However often a client changes its mind: choosing costs as much as a hundred packets. */
#define ALLOT_GAP (25 * US_PER_MS)
#define ALLOT_EVERY                                                              \
    (500 * US_PER_MS) /* what layers take changes slowly, and estimates go up so \
                       */
/* Who sends feedback has it done with the next one, which has everything in the cache already. */
#define ALLOT_SLACK (150 * US_PER_MS)

static struct flow *flow_at(const struct session *s, unsigned i) {
    return flow_of(s->viewer.slots[i].source);
}

static enum allocation_kind kind_of(const struct session *s, unsigned i) {
    const struct room_slot *place = &s->viewer.slots[i];
    if (place->source && place->source->kind == SOURCE_SCREEN) {
        return ALLOCATION_SHARE;
    }
    return place->kind == SLOT_STAGE ? ALLOCATION_STAGE : ALLOCATION_GALLERY;
}

#define ID(layer, target) ((uint8_t)((layer) << 4 | (target)))
#define ID_LAYER(id) ((id) >> 4)
#define ID_TARGET(id) ((id)&0x0f)
_Static_assert(LAYERS_TARGETS <= 16 && SESSION_LAYERS_MAX <= 16, "an id holds both");

/* Of one size of one stream all frame rates. */
static void offer_size(const struct flow *x, us_t now, uint8_t layer, unsigned spatial,
                       struct allocation_slot *ret) {
    const struct meter *m = &x->layers[layer]->feed.meter;
    bool dormant = x->dormant & 1u << layer;
    uint8_t rank = ret->n > 0 ? (uint8_t)(ret->layers[ret->n - 1].spatial + 1) : 0;
    unsigned n = meter_frame_rates(m, spatial);
    for (uint8_t t = 0; t < n && ret->n < ALLOCATION_LAYERS; t++) {
        uint8_t target = target_of(spatial, t);
        ret->layers[ret->n++] = (struct allocation_layer){
            .rate = dormant ? meter_last(m, target) : meter_rate(m, now, target),
            .spatial = rank,
            .temporal = t,
            .id = ID(layer, target)};
    }
}

/* Whether pictures of several sizes are of use to it: of AV1 Chromium decodes them only with the
 * dependency descriptor. */
static bool takes_sizes(const struct stream *s) {
    return s->line->codec != CODEC_AV1 || s->header.dependency;
}

/* Sizes within a stream that a viewer can be given, bit each; the smallest always. */
static unsigned sizes_of(const struct feed *f, const struct stream *s) {
    unsigned up_to_top = (2u << f->presence.top) - 1;
    return takes_sizes(s) ? (meter_sizes(&f->meter) & up_to_top) | 1 : 1;
}

/* The ways in which a slot can show a source, worst first: by streams (simulcast), and by sizes
 * within a stream. */
static void offer(const struct flow *x, const struct stream *s, us_t now,
                  struct allocation_slot *ret) {
    for (uint8_t i = SESSION_LAYERS_MAX; i-- > 0;) {
        if (!x->layers[i] || !layer_is_offered(x->layers[i])) {
            continue;
        }
        const struct feed *f = &x->layers[i]->feed;
        for (unsigned left = sizes_of(f, s); left; left &= left - 1) {
            offer_size(x, now, i, (unsigned)__builtin_ctz(left), ret);
        }
    }
}

/* At their full frame rates only. */
static void offer_whole(struct allocation_slot *ret) {
    unsigned n = 0;
    for (unsigned k = 0; k < ret->n; k++) {
        if (k + 1u == ret->n || ret->layers[k + 1].spatial != ret->layers[k].spatial) {
            ret->layers[n++] = ret->layers[k];
        }
    }
    ret->n = (uint8_t)n;
}

/* What repairs a share is a part of what it takes. */
static void offer_repairs(struct session *s, unsigned i, struct allocation_slot *ret) {
    struct protect *x = s->slots[i].stream.protect;
    if (!x) {
        return;
    }
    bool share = s->bwe && kind_of(s, i) == ALLOCATION_SHARE;
    unsigned percent = share ? s->engine->c.repair_percent : 0;
    unsigned every = share ? protect_every(x->every, bwe_loss(s->bwe), percent) : 0;
    if (every != x->every) {
        protect_set(x, every);
    }
    for (unsigned k = 0; k < ret->n && x->every; k++) {
        ret->layers[k].rate += ret->layers[k].rate / x->every;
    }
}

/* Which of the offers it gets now. */
static int8_t chosen_before(const struct slot *slot, const struct allocation_slot *offers) {
    int8_t chosen = ALLOCATION_PAUSED;
    for (int8_t k = 0; k < (int8_t)offers->n; k++) {
        const struct allocation_layer *l = &offers->layers[k];
        unsigned target = ID_TARGET(l->id), want = slot->stream.layers.want;
        if (ID_LAYER(l->id) == slot->layer && target_spatial(target) <= target_spatial(want) &&
            target_temporal(target) <= target_temporal(want)) {
            chosen = k;
        }
    }
    return chosen;
}

/* What is known of the path; all of it where nothing is: a client that reports nothing gets the
 * best picture, as long as it does not lose it. Who is about to report gets what is guessed: the
 * best picture would stand before a narrow path for seconds, and the first probe tells in less. */
static uint64_t carried(const struct session *s, us_t now) {
    if (s->bwe && (bwe_known(s->bwe, now, ALLOT_SETTLE) || pace_guesses(s, now))) {
        return bwe_estimate(s->bwe);
    }
    return UINT64_MAX / 2;
}

/* Of a path that is only guessed at every picture is shown, at its least. */
static uint64_t guessed(const struct session *s, us_t now, uint64_t audio,
                        const struct allocation_slot *offers) {
    uint64_t rate = carried(s, now), least = audio;
    if (s->bwe && bwe_known(s->bwe, now, ALLOT_SETTLE)) {
        return rate;
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        least += offers[i].n > 0 ? offers[i].layers[0].rate : 0;
    }
    least += least / (ALLOCATION_MARGIN - 1) + 1;
    return rate > least ? rate : least;
}

static int size_of(const struct allocation_slot *offers) {
    return offers->chosen == ALLOCATION_PAUSED ? -1 : offers->layers[offers->chosen].spatial;
}

/* Of a path that is known. A share is to be read: its full size is always worth a try. */
static bool upgrades(const struct session *s, unsigned i, us_t now) {
    return s->bwe && bwe_known(s->bwe, now, ALLOT_SETTLE) && kind_of(s, i) != ALLOCATION_SHARE;
}

/* Before anything is proven of its path a picture begins in a size of which what is kept is through
 * soon, and no larger one is chosen until it is: that begins with a key frame of the publisher. */
static void begin_small(const struct session *s, unsigned i, us_t now,
                        struct allocation_slot *ret) {
    const struct stream *out = &s->slots[i].stream;
    if (s->engine->c.gop_age == 0 || !pace_guesses(s, now) || pace_proven(s, now) > 0) {
        return;
    }
    if (stream_replays(out) && stream_shown(out) == out->replay.feed) {
        int size = ret->n > 0 ? size_of(ret) : -1;
        while (size >= 0 && ret->layers[ret->n - 1].spatial > size) {
            ret->n--;
        }
        return;
    }
    while (!stream_shown(out) && ret->n > 0 && ret->layers[ret->n - 1].spatial > 0) {
        const struct allocation_layer *l = &ret->layers[ret->n - 1];
        const struct feed *f = &flow_at(s, i)->layers[ID_LAYER(l->id)]->feed;
        if (!picture_takes_long(s, now, out, f, ID_TARGET(l->id))) {
            return;
        }
        ret->n--;
    }
}

/* Larger sizes that have just been tried in vain are no offer. */
static void leave_out(struct session *s, unsigned i, us_t now, struct allocation_slot *ret) {
    struct slot *slot = &s->slots[i];
    const struct flow *x = flow_at(s, i);
    uint64_t of = x ? (uint64_t)x->origin << 32 | x->id : 0;
    if (of != slot->upgrade_of || !upgrades(s, i, now)) {
        slot->upgrade = (struct upgrade){0};
        slot->upgrade_of = of;
        return;
    }
    int limit = upgrade_limit(&slot->upgrade, now, carried(s, now)), before = size_of(ret);
    limit = limit > before ? limit : before;
    while (ret->n > 1 && ret->layers[ret->n - 1].spatial > limit) {
        ret->n--;
    }
}

static void follow(struct session *s, unsigned i, struct layer *l, us_t now) {
    struct slot *slot = &s->slots[i];
    struct feed *feed = l ? &l->feed : NULL;
    if (feed == stream_intent(&slot->stream)) {
        if (feed && feed == stream_shown(&slot->stream) && choice_lacks_key(&slot->stream.layers)) {
            feed_need_keyframe(feed);
        }
        return;
    }
    enum stream_verdict v = stream_show(&slot->stream, feed);
    if (v != STREAM_OK && picture_replays(s, &slot->stream, feed)) {
        picture_begin(s, now, &slot->stream, feed);
    } else if (v != STREAM_OK) {
        feed_need_keyframe(feed); /* another layer: what is kept of it was shown already */
    }
    event_session(s);
    transport_changed(&s->transport);
}

/* The fastest is whatever comes to be the fastest; and of what has not been measured everything is
 * taken. */
static uint8_t wanted(const struct feed *f, const struct stream *s, unsigned target, bool most) {
    bool all = !f->meter.known && takes_sizes(s);
    return all    ? TARGET_BEST
           : most ? target_of(target_spatial(target), LAYERS_TEMPORAL)
                  : (uint8_t)target;
}

/* Another size of the same stream costs everybody a key frame: who has just got another one does
 * not get a larger one at once. */
static uint8_t held(struct slot *slot, const struct feed *feed, uint8_t want, us_t now) {
    unsigned was = target_spatial(slot->stream.layers.want), is = target_spatial(want);
    bool same = feed == stream_intent(&slot->stream);
    if (same && is > was && now < slot->sized_until) {
        return target_of(was, LAYERS_TEMPORAL);
    }
    if (is != was) {
        slot->sized_until = same ? now + ALLOT_SIZE_HOLD : 0;
    }
    return want;
}

/* Note what slot i gets, and return its layer; NULL: nothing. */
static struct layer *choose(struct session *s, unsigned i, const struct allocation_slot *offers,
                            us_t now) {
    struct slot *slot = &s->slots[i];
    struct flow *x = flow_at(s, i);
    if (!x || s->viewer.slots[i].kind == SLOT_AUDIO) {
        return x ? x->shown : NULL;
    }
    if (offers->chosen == ALLOCATION_PAUSED) {
        slot->layer = SLOT_PAUSED;
        return NULL;
    }
    const struct allocation_layer *l = &offers->layers[offers->chosen];
    bool most = offers->chosen == offers->n - 1 || l[1].spatial != l->spatial;
    struct layer *layer = x->layers[ID_LAYER(l->id)];
    uint8_t want = wanted(&layer->feed, &slot->stream, ID_TARGET(l->id), most);
    slot->stream.layers.want = held(slot, &layer->feed, want, now);
    slot->layer = ID_LAYER(l->id);
    need_layer(x, ID_LAYER(l->id), now);
    return need_instead(layer);
}

/* What it gets from now on, instead of size `before`. */
static void note_size(struct session *s, unsigned i, us_t now, int before,
                      struct allocation_slot *offers) {
    if (offers->n > 0 && upgrades(s, i, now)) {
        offers->chosen = chosen_before(&s->slots[i], offers);
        upgrade_chosen(&s->slots[i].upgrade, now, carried(s, now), before, size_of(offers));
    }
}

/* A slot that has just got a larger size keeps it for a moment. */
static uint64_t trusted(const struct session *s, us_t now, uint64_t rate) {
    uint64_t most = rate;
    for (unsigned i = 0; s->bwe && i < s->n_slots; i++) {
        uint64_t trusts = upgrade_trusts(&s->slots[i].upgrade, now, rate);
        most = trusts > most ? trusts : most;
    }
    return most;
}

/* A queue in the path, of a key frame say, is emptied by believing less of it than it carries. That
 * goes by; to pause the last picture for it costs another key frame, which makes the next queue. So
 * what is shown goes on at its least for a moment, and waits for the pacer. */
static uint64_t endured(struct session *s, us_t now, uint64_t rate, uint64_t audio,
                        const struct allocation_slot *offers) {
    uint64_t least = allocation_least(audio, offers, s->n_slots);
    bool shown = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        shown = shown || (offers[i].n > 0 && offers[i].chosen != ALLOCATION_PAUSED);
    }
    if (!shown || rate >= least) {
        s->starved_at = 0;
        return rate;
    }
    s->starved_at = s->starved_at > 0 ? s->starved_at : now;
    return now - s->starved_at < ALLOT_ENDURES ? least : rate;
}

static int largest(const struct allocation_slot *offers) {
    return offers->n > 0 ? offers->layers[offers->n - 1].spatial : -1;
}

/* Of a main picture there are larger sizes than the one that is shown. */
static bool shows_less(const struct session *s, const struct allocation_slot *offers,
                       const int *tops) {
    for (unsigned i = 0; i < s->n_slots; i++) {
        bool main = tops[i] >= 0 && offers[i].kind != ALLOCATION_GALLERY;
        if (main && size_of(&offers[i]) < tops[i]) {
            return true;
        }
    }
    return false;
}

void allot(struct session *s, us_t now) {
    struct allocation_slot offers[SESSION_SLOTS_MAX] = {{0}};
    int sizes[SESSION_SLOTS_MAX], tops[SESSION_SLOTS_MAX];
    uint64_t audio = 0;
    for (unsigned i = 0; i < s->n_slots; i++) {
        const struct flow *x = flow_at(s, i);
        tops[i] = -1;
        if (!x) {
            continue;
        }
        if (s->viewer.slots[i].kind == SLOT_AUDIO) {
            audio += meter_best(&x->shown->feed.meter, now) * (1u + s->slots[i].stream.red.blocks);
            continue;
        }
        offers[i].kind = (uint8_t)kind_of(s, i);
        offer(x, &s->slots[i].stream, now, &offers[i]);
        if (stream_is_whole(&s->slots[i].stream)) {
            offer_whole(&offers[i]);
        }
        offer_repairs(s, i, &offers[i]);
        offers[i].chosen = chosen_before(&s->slots[i], &offers[i]);
        tops[i] = largest(&offers[i]);
    }
    if (s->bwe) {
        bwe_want(s->bwe, allocation_wanted(audio, offers, s->n_slots));
    }
    for (unsigned i = 0; i < s->n_slots; i++) {
        sizes[i] = size_of(&offers[i]);
        begin_small(s, i, now, &offers[i]);
        leave_out(s, i, now, &offers[i]);
    }
    s->allot_rate = carried(s, now);
    uint64_t rate = trusted(s, now, guessed(s, now, audio, offers));
    rate = endured(s, now, rate, audio, offers);
    s->allot_spent = allocate(rate, audio, offers, s->n_slots);
    bool less = shows_less(s, offers, tops);
    s->allot_at = now;
    s->allot_due = false;
    for (unsigned i = 0; i < s->n_slots; i++) {
        follow(s, i, choose(s, i, &offers[i], now), now);
        note_size(s, i, now, sizes[i], &offers[i]);
    }
    event_paused(s);
    reception_look(s, now, less);
}

void allot_soon(struct session *s, us_t now) {
    s->allot_due = true;
    if (now - s->allot_at >= ALLOT_GAP) {
        allot(s, now);
    }
}

void allot_again(struct session *s, us_t now) {
    uint64_t rate = carried(s, now);
    bool less = s->bwe && rate < s->allot_spent && rate < s->allot_rate;
    bool more = rate / 4 > s->allot_rate / 3; /* a probe has proven it */
    if (less || more || s->allot_due || now - s->allot_at >= ALLOT_EVERY) {
        allot_soon(s, now);
    }
}

us_t allot_deadline(const struct session *s) {
    if (!s->bwe || !s->transport.sendable) {
        return US_NEVER;
    }
    us_t every = ALLOT_EVERY + (s->bwe->answered ? ALLOT_SLACK : 0);
    return s->allot_at + (s->allot_due ? ALLOT_GAP : every);
}
