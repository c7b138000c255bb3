/* What the engine yields and the rim sends: packets for one address, each of PACKET_CAP bytes at
 * most, since one that has to wait is kept in a struct packet; all of one length but for a shorter
 * last one, so that the kernel takes them in one call and cuts them apart (UDP_SEGMENT, udp(7)).
 * One packet alone is a train too. */
#ifndef ORIEL_MEDIA_WIRE_TRAIN_H
#define ORIEL_MEDIA_WIRE_TRAIN_H

#include "media/wire/datagram.h"

#include <string.h>

#define TRAIN_MAX 16                 /* packets */
#define TRAIN_CAP (TRAIN_MAX * 1280) /* [bytes] */

struct train {
    struct addr to;
    struct addr from; /* as in struct datagram */
    size_t len;       /* [bytes] of all packets */
    uint16_t n;       /* packets, 0 = empty */
    uint16_t segment; /* [bytes] of each packet but the last */
    uint8_t data[TRAIN_CAP];
};

/* No packet yet. */
static inline void train_clear(struct train *t) {
    t->len = 0;
    t->n = 0;
    t->segment = 0;
}
/* A packet of len bytes may come next. */
static inline bool train_takes(const struct train *t, size_t len) {
    if (t->n == 0) {
        return len <= TRAIN_CAP;
    }
    return t->n < TRAIN_MAX && t->len + len <= TRAIN_CAP && len <= t->segment &&
           t->len == (size_t)t->n * t->segment;
}
/* The packet of len bytes at data + len is there now; train_takes must have agreed. */
static inline void train_add(struct train *t, size_t len) {
    t->segment = t->n == 0 ? (uint16_t)len : t->segment;
    t->len += len;
    t->n++;
}
/* One datagram as a train. */
static inline void train_of(struct train *t, const struct datagram *d) {
    train_clear(t);
    t->to = d->to;
    t->from = d->from;
    memcpy(t->data, d->data, d->len);
    train_add(t, d->len);
}
/* The packets one by one: *at is 0 for the first, and moves on. False after the last. */
static inline bool train_next(const struct train *t, size_t *at, struct datagram *ret) {
    if (*at >= t->len) {
        return false;
    }
    size_t left = t->len - *at;
    ret->to = t->to;
    ret->from = t->from;
    ret->len = left < t->segment ? left : t->segment;
    memcpy(ret->data, t->data + *at, ret->len);
    *at += ret->len;
    return true;
}

#endif
