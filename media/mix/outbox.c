#include "media/mix/outbox.h"

#include "base/alloc.h"

enum err outbox_init(struct outbox *b, uint32_t cap) {
    *b = (struct outbox){.cap = cap, .ring = mem_zalloc(cap, sizeof(*b->ring))};
    return b->ring ? OK : ERR_NOMEM;
}

void outbox_free(struct outbox *b) {
    struct relay m;
    while (outbox_next(b, &m)) {
        if (m.type == RELAY_PACKET) {
            packet_unref(m.packet.packet);
        }
    }
    mem_free(b->ring);
    *b = (struct outbox){0};
}

struct relay *outbox_push(struct outbox *b, enum relay_type type, uint64_t to) {
    if (to == 0 || b->n == b->cap) {
        return NULL;
    }
    struct outbox_place *p = &b->ring[(b->head + b->n++) % b->cap];
    p->to = to;
    p->m = (struct relay){.type = (uint8_t)type, .from = RELAY_MIX};
    return &p->m;
}

bool outbox_next(struct outbox *b, struct relay *ret) {
    if (b->n == 0) {
        return false;
    }
    struct outbox_place *p = &b->ring[b->head];
    *ret = p->m;
    ret->to = (uint8_t)__builtin_ctzll(p->to);
    p->to &= p->to - 1;
    if (p->to && ret->type == RELAY_PACKET) {
        packet_ref(ret->packet.packet);
    }
    if (!p->to) {
        b->head = (b->head + 1) % b->cap;
        b->n--;
    }
    return true;
}
