#include "recorder/capture/held.h"

#include "base/alloc.h"

#include <string.h>

enum held_type { HELD_FRAME, HELD_LOSS, HELD_END };

struct held_item {
    struct link link;
    enum held_type type;
    us_t t; /* recording time [us] */
    struct media_frame frame;
    struct track_loss loss;
    uint8_t data[]; /* of the frame, and its decoder configuration record */
};

void held_init(struct held *h, struct track *track) {
    *h = (struct held){.track = track};
    list_init(&h->items);
}

static void apply(struct held *h, us_t now, const struct held_item *x) {
    switch (x->type) {
    case HELD_FRAME:
        if (!track_frame(h->track, now, &x->frame)) {
            track_lose(h->track, &(struct track_loss){STREAM_VIDEO, x->t, 0, "keyframe"});
        }
        break;
    case HELD_LOSS:
        track_lose(h->track, &x->loss);
        break;
    default:
        track_settle(h->track, STREAM_VIDEO, x->t);
    }
}

static void forget(struct held *h, struct held_item *x) {
    h->bytes -= x->frame.data.n + x->frame.init.n;
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
            break;
        }
        apply(h, now, x);
        forget(h, x);
    }
}

static void push(struct held *h, us_t now, const struct held_item *item) {
    size_t data = item->frame.data.n, n = data + item->frame.init.n;
    struct held_item *x = h->bytes + n <= HELD_BYTES_MAX ? mem_alloc(sizeof(*x) + n) : NULL;
    if (!x) {
        held_release(h, now, US_NEVER);
        apply(h, now, item);
        return;
    }
    *x = *item;
    if (data) {
        memcpy(x->data, item->frame.data.p, data);
        x->frame.data = bytes_of(x->data, data);
    }
    if (n > data) {
        memcpy(x->data + data, item->frame.init.p, n - data);
        x->frame.init = bytes_of(x->data + data, n - data);
    }
    h->bytes += n;
    list_push(&h->items, &x->link);
}

void held_frame(struct held *h, us_t now, const struct media_frame *f) {
    push(h, now, &(struct held_item){.type = HELD_FRAME, .t = f->t, .frame = *f});
}

void held_lose(struct held *h, us_t now, const struct track_loss *l) {
    push(h, now, &(struct held_item){.type = HELD_LOSS, .t = l->at, .loss = *l});
}

void held_settle(struct held *h, us_t now, us_t at) {
    push(h, now, &(struct held_item){.type = HELD_END, .t = at});
}
