#include "media/engine/handshakes.h"

bool handshakes_may(struct handshakes *h) {
    if (h->steps >= HANDSHAKES_STEPS) {
        return false;
    }
    h->steps++;
    return true;
}

void handshakes_next(struct handshakes *h) {
    h->steps = 0;
}

static unsigned waiting_from(const struct handshakes *h, const struct addr *from) {
    unsigned n = 0;
    for (uint32_t i = 0; i < h->n; i++) {
        n += addr_eq(&h->ring[(h->head + i) % HANDSHAKES_WAITING]->from, from);
    }
    return n;
}

bool handshakes_defer(struct handshakes *h, struct packet *k) {
    if (h->n == HANDSHAKES_WAITING || waiting_from(h, &k->from) >= HANDSHAKES_EACH) {
        return false;
    }
    h->ring[(h->head + h->n++) % HANDSHAKES_WAITING] = packet_ref(k);
    return true;
}

struct packet *handshakes_take(struct handshakes *h) {
    if (h->n == 0) {
        return NULL;
    }
    struct packet *k = h->ring[h->head];
    h->head = (h->head + 1) % HANDSHAKES_WAITING;
    h->n--;
    return k;
}

void handshakes_drop(struct handshakes *h) {
    struct packet *k;
    while ((k = handshakes_take(h)) != NULL) {
        packet_unref(k);
    }
}
