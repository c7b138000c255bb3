#include "server/relay/peering.h"

#include "base/alloc.h"
#include "base/check.h"

struct peering {
    uint32_t workers;
    struct mailbox *box[]; /* from * workers + to; NULL on the diagonal */
};

struct peering *peering_new(uint32_t workers, size_t cap) {
    size_t n = (size_t)workers * workers;
    struct peering *p = mem_zalloc(1, sizeof(*p) + n * sizeof(p->box[0]));
    if (!p) {
        return NULL;
    }
    p->workers = workers;
    for (size_t i = 0; i < n; i++) {
        if (i / workers == i % workers) {
            continue;
        }
        p->box[i] = mailbox_new(cap, sizeof(struct relay));
        if (!p->box[i]) {
            return peering_free(p);
        }
    }
    return p;
}

struct peering *peering_free(struct peering *p) {
    if (!p) {
        return NULL;
    }
    for (size_t i = 0; i < (size_t)p->workers * p->workers; i++) {
        struct relay m;
        while (p->box[i] && mailbox_pop(p->box[i], &m)) {
            packet_unref(relay_carries(&m));
        }
        mailbox_free(p->box[i]);
    }
    return mem_free(p);
}

struct mailbox *peering_box(const struct peering *p, uint32_t from, uint32_t to) {
    CHECK(from < p->workers && to < p->workers && from != to);
    return p->box[from * p->workers + to];
}

uint32_t peering_workers(const struct peering *p) {
    return p->workers;
}
