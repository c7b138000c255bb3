#include "media/room/room.h"

#include "base/check.h"

#include <string.h>

enum err room_init(struct room *r) {
    list_init(&r->viewers);
    list_init(&r->live);
    list_init(&r->mixes);
    list_init(&r->moved);
    return speaker_init(&r->voices, ROOM_VOICES_MAX);
}

void room_free(struct room *r) {
    CHECK(list_empty(&r->live) && list_empty(&r->mixes) && list_empty(&r->viewers) &&
          list_empty(&r->moved));
    speaker_free(&r->voices);
}

void room_viewer_init(struct room_viewer *v, uint64_t participant, bool loudest_audio) {
    list_init(&v->in_room);
    v->participant = participant;
    v->receives = UINT8_MAX;
    v->loudest_audio = loudest_audio;
}

void room_viewer_slot(struct room_viewer *v, const struct session_line *line) {
    struct room_slot *slot = &v->slots[v->n_slots++];
    *slot = (struct room_slot){
        .viewer = v, .kind = line->slot, .index = line->slot_index, .codec = line->codec};
    list_init(&slot->moved);
}

void room_viewer_enter(struct room *r, struct room_viewer *v) {
    v->room = r;
    list_push(&r->viewers, &v->in_room);
}

void room_viewer_leave(struct room_viewer *v) {
    for (unsigned i = 0; i < v->n_slots; i++) {
        v->slots[i].source = NULL;
        list_remove(&v->slots[i].moved);
    }
    list_remove(&v->in_room);
}

static bool came_before(const struct room_source *a, const struct room_source *b) {
    return a->order != b->order ? a->order < b->order : a->participant < b->participant;
}

/* Nearly always at the end; another worker's may be heard of late. */
static void put_in_order(struct link *list, struct room_source *s) {
    struct link *before = list;
    while (before->prev != list &&
           came_before(s, LIST_ENTRY(before->prev, struct room_source, in_live))) {
        before = before->prev;
    }
    list_push(before, &s->in_live);
}

/* The first microphone of a participant is ranked, if this room ranks. */
static void rank_voice(struct room *r, struct room_source *s) {
    bool ranked = s->kind == SOURCE_MICROPHONE && !s->mix && !r->follows;
    s->voice = ranked ? speaker_add(&r->voices, s->participant) : -1;
}

void room_source_on(struct room *r, struct room_source *s, us_t now) {
    s->live = true;
    if (s->order == 0) {
        s->order = (uint64_t)(now + 1) << 16 | (++r->next_order & 0xffff);
    }
    put_in_order(s->mix ? &r->mixes : &r->live, s);
    rank_voice(r, s);
}

/* SPEAKER_* bits of what has changed, and who spoke is noted. */
static unsigned voices_changed(struct room *r, unsigned bits) {
    if ((bits & SPEAKER_CHANGED) && r->voices.speaker) {
        room_spoke(r, r->voices.speaker);
    }
    return bits;
}

unsigned room_source_off(struct room *r, struct room_source *s) {
    s->live = false;
    s->order = 0;
    list_remove(&s->in_live);
    if (s->voice < 0) {
        return 0;
    }
    struct room_source *other = room_find(r, s->participant, SOURCE_MICROPHONE);
    if (other) { /* the same person: what is known of the voice goes on */
        other->voice = s->voice;
        s->voice = -1;
        return 0;
    }
    s->voice = -1;
    return voices_changed(r, speaker_remove(&r->voices, s->participant));
}

static void move(struct room_slot *slot) {
    if (list_empty(&slot->moved)) {
        list_push(&slot->viewer->room->moved, &slot->moved);
    }
}

void room_source_moved(struct room *r, const struct room_source *s) {
    LIST_EACH(l, &r->viewers) {
        struct room_viewer *v = LIST_ENTRY(l, struct room_viewer, in_room);
        for (unsigned i = 0; i < v->n_slots; i++) {
            if (v->slots[i].source == s) {
                move(&v->slots[i]);
            }
        }
    }
}

void room_source_forget(struct room *r, struct room_source *s) {
    room_source_moved(r, s);
    LIST_EACH(l, &r->moved) {
        struct room_slot *slot = LIST_ENTRY(l, struct room_slot, moved);
        slot->source = slot->source == s ? NULL : slot->source;
    }
}

struct room_source *room_find(const struct room *r, uint64_t participant, enum source_kind kind) {
    LIST_EACH(l, &r->live) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        if (s->participant == participant && s->kind == kind) {
            return s;
        }
    }
    return NULL;
}

struct room_source *room_mix(const struct room *r, uint64_t without) {
    struct room_source *last = NULL;
    LIST_EACH(l, &r->mixes) {
        struct room_source *s = LIST_ENTRY(l, struct room_source, in_live);
        last = s->participant == without ? s : last;
    }
    return last;
}

void room_level(struct room *r, us_t now, struct room_source *s, uint8_t level) {
    if (s->voice >= 0) {
        speaker_level(&r->voices, now, s->voice, level);
    }
}

void room_follow(struct room *r, bool follows) {
    if (r->follows == follows) {
        return;
    }
    r->follows = follows;
    speaker_clear(&r->voices);
    LIST_EACH(l, &r->live) {
        rank_voice(r, LIST_ENTRY(l, struct room_source, in_live));
    }
}

void room_voices(struct room *r, uint64_t speaker, const uint64_t top[SPEAKER_TOP],
                 const uint64_t speakers[ROOM_SPEAKERS_MAX]) {
    if (!r->follows) {
        return;
    }
    r->voices.speaker = speaker;
    memcpy(r->voices.top, top, sizeof(r->voices.top));
    memcpy(r->speakers, speakers, sizeof(r->speakers));
}

void room_spoke(struct room *r, uint64_t participant) {
    unsigned i = 0;
    while (i < ROOM_SPEAKERS_MAX - 1 && r->speakers[i] != participant) {
        i++;
    }
    memmove(r->speakers + 1, r->speakers, i * sizeof(r->speakers[0]));
    r->speakers[0] = participant;
}

us_t room_deadline(const struct room *r) {
    us_t at = speaker_deadline(&r->voices);
    return r->settle_until > 0 ? us_min(at, r->settle_until) : at;
}

static void settle(struct room *r) {
    r->settle_until = 0;
    LIST_EACH(l, &r->viewers) {
        struct room_viewer *v = LIST_ENTRY(l, struct room_viewer, in_room);
        for (unsigned i = 0; i < v->n_slots; i++) {
            v->slots[i].awaiting = false;
        }
    }
}

unsigned room_timeout(struct room *r, us_t now) {
    unsigned ret = 0;
    if (r->settle_until > 0 && r->settle_until <= now) {
        settle(r);
        ret = ROOM_SETTLED | ROOM_CHANGED;
    }
    unsigned bits = voices_changed(r, speaker_tick(&r->voices, now));
    return ret | (bits ? ROOM_CHANGED : 0);
}

void room_slot_resume(struct room_slot *slot, struct room_source *s) {
    slot->source = s;
    slot->awaiting = false;
}

void room_slot_show(struct room_slot *slot, struct room_source *s) {
    if (s && s->codec != slot->codec) {
        s = NULL;
    }
    if (slot->source == s) {
        return;
    }
    slot->source = s;
    move(slot);
}
