#include "media/engine/keep.h"

#include "base/bytes.h"

static struct seqlock state_of(struct session_slot *slot) {
    return (struct seqlock){.words = slot->state, .cap = sizeof(struct session_snapshot)};
}

static void write_state(const struct session *s, us_t now, uint8_t flags) {
    struct seqlock state = state_of(s->kept_in);
    struct session_snapshot x;
    if (s->transport.state != TRANSPORT_UP) {
        return;
    }
    snapshot_make(s, now, &x);
    x.flags |= flags;
    seqlock_write(&state, &x, snapshot_len(&x));
    mem_wipe(&x, sizeof(x));
}

void keep_begin(struct session *s, us_t now, struct session_slot *slot) {
    struct seqlock state = state_of(slot);
    struct transport *t = &s->transport;
    keep_end(s);
    seqlock_clear(&state); /* or what was there would be taken for this session's */
    s->kept_in = slot;
    t->kept = true;
    lease_keep(&t->srtcp_lease, &slot->limits[SESSION_LIMIT_SRTCP], t->srtcp_index);
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        lease_keep(&out->lease, &slot->limits[SESSION_LIMIT_RTP(i)], out->rewrite.next);
        lease_keep(&out->rtx.lease, &slot->limits[SESSION_LIMIT_RTX(i)], out->rtx.next);
        if (out->protect) {
            lease_keep(&out->protect->lease, &slot->limits[SESSION_LIMIT_FEC], out->protect->next);
        }
    }
    write_state(s, now, 0);
}

void keep_new(struct session *s, us_t now) {
    struct engine *e = s->engine;
    if (!e->slots.slots) {
        return;
    }
    struct session_slot *slot = slot_pool_take(&e->slots);
    if (slot) {
        keep_begin(s, now, slot);
    } else {
        e->n.peers_unkept++;
    }
}

void keep_leave(struct session *s) {
    s->kept_in = NULL;
    s->transport.kept = false;
    list_remove(&s->transport.changed);
    lease_stop(&s->transport.srtcp_lease);
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        lease_stop(&out->lease);
        lease_stop(&out->rtx.lease);
        if (out->protect) {
            lease_stop(&out->protect->lease);
        }
    }
}

void keep_end(struct session *s) {
    if (s->kept_in) {
        struct session_slot *slot = s->kept_in;
        struct seqlock state = state_of(slot);
        seqlock_clear(&state);
        keep_leave(s);
        slot_pool_give(&s->engine->slots, slot);
    }
}

void keep_hand_over(struct session *s, us_t now) {
    lease_end(&s->transport.srtcp_lease, s->transport.srtcp_index);
    for (unsigned i = 0; i < s->n_slots; i++) {
        struct stream *out = &s->slots[i].stream;
        lease_end(&out->lease, out->rewrite.next);
        lease_end(&out->rtx.lease, out->rtx.next);
        if (out->protect) {
            lease_end(&out->protect->lease, out->protect->next);
        }
    }
    write_state(s, now, SNAPSHOT_FINAL);
    keep_leave(s);
    s->handed_over = true;
}

void keep_changed(struct engine *e, us_t now) {
    struct link *changed = &e->transports.changed;
    while (!list_empty(changed)) {
        struct transport *t = LIST_ENTRY(changed->next, struct transport, changed);
        list_remove(&t->changed);
        write_state(session_of(t), now, 0);
    }
}
