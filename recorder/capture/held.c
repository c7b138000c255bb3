#include "recorder/capture/held.h"

#include "base/alloc.h"

#include <string.h>

enum held_type { HELD_FRAME, HELD_END };

struct held_item {
    struct link link;
    enum held_type type;
    us_t t;                 /* recording time [us] */
    bool lossy;             /* something was lost before it: */
    struct track_loss loss; /* this */
    struct media_frame frame;
    uint8_t data[]; /* of the frame, and its decoder configuration record */
};

void held_init(struct held *h, struct track *track) {
    *h = (struct held){.track = track};
    list_init(&h->items);
}

static void apply(struct held *h, us_t now, const struct held_item *x) {
    if (x->lossy) {
        track_lose(h->track, &x->loss);
    }
    if (x->type == HELD_END) {
        track_settle(h->track, STREAM_VIDEO, x->t);
    } else if (!track_frame(h->track, now, &x->frame)) {
        track_lose(h->track, &(struct track_loss){STREAM_VIDEO, x->t, 0, h->track->refused});
    }
}

static size_t size_of(const struct held_item *x) {
    return sizeof(*x) + x->frame.data.n + x->frame.init.n;
}

static void forget(struct held *h, struct held_item *x) {
    h->bytes -= size_of(x);
    h->keys -= x->frame.key;
    list_remove(&x->link);
    mem_free(x);
}

void held_free(struct held *h) {
    LIST_EACH(l, &h->items) {
        forget(h, LIST_ENTRY(l, struct held_item, link));
    }
}

void held_release(struct held *h, us_t now, us_t until) {
    LIST_EACH(l, &h->items) {
        struct held_item *x = LIST_ENTRY(l, struct held_item, link);
        if (x->t >= until) {
            return;
        }
        apply(h, now, x);
        forget(h, x);
    }
    if (h->lossy && h->loss.at < until) {
        h->lossy = false;
        track_lose(h->track, &h->loss);
    }
}

/* False without memory. */
static bool push(struct held *h, const struct held_item *item) {
    size_t data = item->frame.data.n, init = item->frame.init.n;
    struct held_item *x = mem_alloc(size_of(item));
    if (!x) {
        return false;
    }
    *x = *item;
    x->lossy = h->lossy;
    x->loss = h->loss;
    h->lossy = false;
    if (data) {
        memcpy(x->data, item->frame.data.p, data);
        x->frame.data = bytes_of(x->data, data);
    }
    if (init) {
        memcpy(x->data + data, item->frame.init.p, init);
        x->frame.init = bytes_of(x->data + data, init);
    }
    h->bytes += size_of(x);
    h->keys += x->frame.key;
    list_push(&h->items, &x->link);
    return true;
}

void held_frame(struct held *h, const struct media_frame *f) {
    struct held_item x = {.type = HELD_FRAME, .t = f->t, .frame = *f};
    bool room = h->bytes + size_of(&x) <= HELD_BYTES_MAX && (f->key || !h->waiting);
    h->waiting = !room || !push(h, &x);
    if (h->waiting) {
        held_lose(h, &(struct track_loss){STREAM_VIDEO, f->t, 1, "limit"});
    }
}

bool held_lacks_key(const struct held *h) {
    return h->waiting || (h->track->waiting && h->keys == 0);
}

void held_lose(struct held *h, const struct track_loss *l) {
    if (!h->lossy) {
        h->lossy = true;
        h->loss = *l;
        return;
    }
    uint32_t room = UINT32_MAX - h->loss.packets;
    h->loss.packets += l->packets < room ? l->packets : room;
    h->loss.cause = l->packets ? l->cause : h->loss.cause;
}

/* One end behind another says nothing: they are not more than the pictures. */
static bool ended(const struct held *h) {
    return !h->lossy && !list_empty(&h->items) &&
           LIST_ENTRY(h->items.prev, struct held_item, link)->type == HELD_END;
}

void held_settle(struct held *h, us_t now, us_t at) {
    struct held_item x = {.type = HELD_END, .t = at};
    if (!ended(h) && !push(h, &x)) {
        held_release(h, now, US_NEVER);
        apply(h, now, &x);
    }
}
