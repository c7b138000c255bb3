/* What a client believes, from what it is told. */
#include "base/alloc.h"
#include "base/check.h"
#include "tests/sim/tour/tour_sim.h"

#include <stdio.h>

char *view_compact(const struct json *v) {
    struct buffer o = {0};
    json_put_compact(&o, v);
    char *text = buffer_take(&o);
    CHECK(text);
    return text;
}

char *view_tour(const struct json *tour) {
    static const char *const members[] = {"name",
                                          "state",
                                          "lobby",
                                          "locked",
                                          "lead",
                                          "spotlight",
                                          "missed",
                                          "recording",
                                          "viewers",
                                          "can",
                                          "recording_paused",
                                          "recording_since",
                                          "recording_failing",
                                          "recording_paused_since"};
    struct buffer o = {0};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const struct json *v = json_member(tour, members[i]);
        if (v) {
            buffer_printf(&o, "%s=", members[i]);
            json_put_compact(&o, v);
            buffer_str(&o, " ");
        }
    }
    char *text = buffer_take(&o);
    CHECK(text);
    return text;
}

static void forget_lobby(struct view *v) {
    while (v->n_lobby > 0) {
        mem_free(v->lobby[--v->n_lobby].text);
    }
}

void view_forget(struct view *v) {
    for (unsigned i = 0; i < v->n; i++) {
        mem_free(v->roster[i].text);
    }
    forget_lobby(v);
    mem_free(v->tour);
    *v = (struct view){0};
}

/* ---- people ---- */

static void text_of(const struct json *o, const char *name, char *out, size_t cap) {
    (void)json_get_text_if_any(json_member_set(o, name), out, cap);
}

static int roster_at(const struct view *v, const char *id) {
    for (unsigned i = 0; i < v->n; i++) {
        if (strcmp(v->roster[i].id, id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void changed(struct tour_sim *t, struct page *p, const struct json *who);

/* Who is on the roster already is told again as he is now. */
static void came(struct tour_sim *t, struct page *p, const struct json *who) {
    struct view *v = &p->view;
    char id[ID_TEXT];
    text_of(who, "id", id, sizeof(id));
    if (roster_at(v, id) >= 0) {
        changed(t, p, who);
        return;
    }
    CHECK(v->n < TOUR_VIEW);
    memcpy(v->roster[v->n].id, id, sizeof(id));
    v->roster[v->n++].text = view_compact(who);
}

static void changed(struct tour_sim *t, struct page *p, const struct json *who) {
    char id[ID_TEXT];
    text_of(who, "id", id, sizeof(id));
    int at = roster_at(&p->view, id);
    if (at < 0) {
        world_fail(t->w, "page %u is told of a change of %s, whom it does not know", p->number, id);
        return;
    }
    mem_free(p->view.roster[at].text);
    p->view.roster[at].text = view_compact(who);
}

static void left(struct page *p, const struct json *o) {
    struct view *v = &p->view;
    char id[ID_TEXT];
    text_of(o, "id", id, sizeof(id));
    int at = roster_at(v, id);
    if (at < 0) {
        return; /* he has come and gone in between */
    }
    mem_free(v->roster[at].text);
    v->n--;
    for (unsigned i = (unsigned)at; i < v->n; i++) {
        v->roster[i] = v->roster[i + 1];
    }
}

static void several(struct tour_sim *t, struct page *p, const struct json *o) {
    static const char *const names[] = {"joined", "changed", "left"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        const struct json *list = json_member(o, names[k]);
        for (size_t i = 0; i < json_count(list); i++) {
            const struct json *x = json_item(list, i);
            k == 0 ? came(t, p, x) : k == 1 ? changed(t, p, x) : left(p, x);
        }
    }
}

static void waits_no_more(struct view *v, const char *id) {
    for (unsigned i = 0; i < v->n_lobby; i++) {
        if (strcmp(v->lobby[i].id, id) == 0) {
            mem_free(v->lobby[i].text);
            v->lobby[i] = v->lobby[--v->n_lobby];
            return;
        }
    }
}

static void waits(struct view *v, const struct json *who) {
    char id[ID_TEXT];
    text_of(who, "id", id, sizeof(id));
    waits_no_more(v, id);
    CHECK(v->n_lobby < TOUR_VIEW);
    memcpy(v->lobby[v->n_lobby].id, id, sizeof(id));
    v->lobby[v->n_lobby++].text = view_compact(who);
}

/* ---- slots and the ledger ---- */

static void slot(struct view *v, const struct json *o) {
    char mid[8] = "", source[16] = "";
    text_of(o, "mid", mid, sizeof(mid));
    unsigned i = 0;
    while (i < v->n_slots && strcmp(v->slots[i].mid, mid) != 0) {
        i++;
    }
    CHECK(i < TOUR_RECEIVING);
    v->n_slots = i == v->n_slots ? i + 1 : v->n_slots;
    memcpy(v->slots[i].mid, mid, sizeof(mid));
    text_of(o, "participant", v->slots[i].id, ID_TEXT);
    text_of(o, "source", source, sizeof(source));
    v->slots[i].kind = SOURCE_NONE;
    for (uint8_t k = SOURCE_MICROPHONE; k < SOURCE_KIND_COUNT; k++) {
        if (strcmp(source, source_kind_name((enum source_kind)k)) == 0) {
            v->slots[i].kind = k;
        }
    }
}

static void entry(struct tour_sim *t, struct page *p, const struct json *o, bool history) {
    struct view *v = &p->view;
    int64_t seq = 0;
    CHECK(json_get_int(json_member(o, "seq"), 1, TOUR_ENTRIES - 1, &seq));
    uint8_t *byte = &v->read[seq / 8], bit = (uint8_t)(1u << seq % 8);
    if (*byte & bit) {
        world_fail(t->w, "page %u is told entry %lld twice", p->number, (long long)seq);
    } else if (!history && seq <= v->seq) {
        world_fail(t->w, "page %u is told entry %lld after %lld", p->number, (long long)seq,
                   (long long)v->seq);
    }
    *byte |= bit;
    v->seq = seq > v->seq ? seq : v->seq;
}

/* ---- replies ---- */

static void read_lists(struct tour_sim *t, struct page *p, const struct json *o) {
    static const char *const names[] = {"roster", "lobby", "slots", "entries"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        const struct json *list = json_member(o, names[k]);
        for (size_t i = 0; i < json_count(list); i++) {
            const struct json *x = json_item(list, i);
            k == 0   ? came(t, p, x)
            : k == 1 ? waits(&p->view, x)
            : k == 2 ? slot(&p->view, x)
                     : entry(t, p, x, true);
        }
    }
}

static bool kept_for_all(const struct entry_model *e) {
    static const char *const kinds[] = {"chat", "question", "answer", "chapter"};
    bool kept = false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        kept |= strcmp(e->kind, kinds[i]) == 0;
    }
    return kept && !e->hosts_only && !e->taken_back;
}

/* Entries that are told with it: the history, which is all for who has nothing. */
static void is_in(struct tour_sim *t, struct page *p, const struct json *o, bool resumed) {
    struct view *v = &p->view, kept = *v;
    kept.n = kept.n_lobby = 0;
    kept.tour = NULL;
    view_forget(v);
    if (resumed) {
        memcpy(v->read, kept.read, sizeof(v->read));
        v->seq = kept.seq;
        v->since = kept.since;
    }
    read_lists(t, p, o);
    int64_t seq = 0;
    CHECK(json_get_int(json_member(o, "seq"), 0, TOUR_ENTRIES - 1, &seq));
    if (!resumed) {
        v->since = seq;
    }
    if (v->seq > seq) {
        world_fail(t->w, "page %u has read entry %lld, and the last one is %lld", p->number,
                   (long long)v->seq, (long long)seq);
    }
    for (int64_t i = kept.seq + 1; resumed && i <= seq; i++) {
        if (kept_for_all(&t->model.entries[i]) && !(v->read[i / 8] & 1u << i % 8)) {
            world_fail(t->w, "page %u resumes behind entry %lld and is not told %lld", p->number,
                       (long long)kept.seq, (long long)i);
        }
    }
    for (int64_t i = v->since + 1; i <= seq; i++) { /* what is not kept is not told again */
        v->read[i / 8] |= (uint8_t)(1u << i % 8);
    }
    v->seq = seq;
    v->tour = view_tour(json_member(o, "tour"));
    text_of(o, "speaker", v->speaker, sizeof(v->speaker));
    p->phase = PAGE_IN;
}

static bool read_field(const char *sdp, const char *name, char *out, size_t cap) {
    const char *at = strstr(sdp, name);
    size_t n = at ? strcspn(at + strlen(name), "\r\n") : cap;
    if (n >= cap) {
        return false;
    }
    memcpy(out, at + strlen(name), n);
    out[n] = '\0';
    return true;
}

/* The answer names what the session that engines were told of has. */
static void answered(struct tour_sim *t, struct page *p, const struct json *o, bool restart) {
    const char *sdp = json_get_string(json_member(o, "answer"), NULL);
    char ufrag[ICE_UFRAG_MAX + 1], pwd[ICE_PWD_MAX + 1];
    struct browser *b = p->browser;
    if (!sdp || !b) {
        return;
    }
    if (!read_field(sdp, "a=ice-ufrag:", ufrag, sizeof(ufrag)) ||
        !read_field(sdp, "a=ice-pwd:", pwd, sizeof(pwd))) {
        world_fail(t->w, "an answer has no credentials");
    } else if (strcmp(b->params.ice.local_ufrag, ufrag) == 0 && b->joined_at == 0) {
        browser_connect(b, t->w->now);
    } else if (strcmp(p->ice.local_ufrag, ufrag) == 0 && strcmp(p->ice.local_pwd, pwd) == 0) {
        browser_restart(b, t->w->now, &p->ice, restart && tour_below(t, 2) == 0);
    }
}

static void note_me(struct page *p, const struct json *o) {
    const struct json *who = json_member(o, "participant");
    if (who) {
        text_of(who, "id", p->me, sizeof(p->me));
    }
    if (json_member(o, "resume")) {
        text_of(o, "resume", p->secret, sizeof(p->secret));
    }
}

/* Is the reply that is read one to a request of this set? */
static bool answers_one(const struct page *p, uint64_t set) {
    return set >> (p->due_id - 1) % 64 & 1;
}

static void failed(struct tour_sim *t, struct page *p, const struct json *o) {
    const struct json *code = json_member(o, "code");
    if (json_string_is(code, "resume_unknown")) {
        p->phase = PAGE_OUT;
        view_forget(&p->view);
        p->secret[0] = '\0';
    } else if (json_string_is(code, "transport_gone")) {
        if (answers_one(p, p->resumes)) { /* it is not in until that went well */
            page_resume(t, p, OFFER_NEW);
        } else {
            page_ask(t, p, (struct request){.what = ASK_RESTART, .offer = OFFER_NEW});
        }
    }
}

static void reply(struct tour_sim *t, struct page *p, const struct json *o) {
    const struct json *type = json_member(o, "type");
    note_me(p, o);
    if (json_string_is(type, "joined") || json_string_is(type, "resumed")) {
        is_in(t, p, o, json_string_is(type, "resumed"));
        answered(t, p, o, false);
        page_ask(t, p, (struct request){.what = ASK_PING});
    } else if (json_string_is(type, "restarted")) {
        p->view.n_slots = 0; /* another transport may have been made */
        read_lists(t, p, o);
        answered(t, p, o, true);
    } else if (json_string_is(type, "lobby")) {
        p->phase = json_says_true(json_member(o, "admitted")) ? PAGE_ADMITTED : PAGE_WAITING;
        view_forget(&p->view);
    } else if (json_string_is(type, "error")) {
        failed(t, p, o);
    } else if (answers_one(p, p->leaves)) {
        view_forget(&p->view);
        p->phase = PAGE_OUT;
        if (p->browser) {
            p->browser->silent = true;
            p->browser = NULL;
        }
    }
}

/* Each request has one reply, in order. */
static void number(struct tour_sim *t, struct page *p, uint64_t re) {
    if (re != p->due_id) {
        world_fail(t->w, "page %u waits for reply %llu and gets %llu", p->number,
                   (unsigned long long)p->due_id, (unsigned long long)re);
    }
    p->due_id = re + 1;
}

/* ---- events ---- */

static void event(struct tour_sim *t, struct page *p, const struct json *o) {
    const struct json *type = json_member(o, "type"), *who = json_member(o, "participant");
    struct view *v = &p->view;
    if (p->phase == PAGE_OUT && !json_member(o, "code")) {
        world_fail(t->w, "page %u is told %s, and is not in", p->number,
                   json_get_string(type, NULL));
    } else if (json_string_is(type, "participant_joined")) {
        came(t, p, who);
    } else if (json_string_is(type, "participant_changed")) {
        changed(t, p, who);
    } else if (json_string_is(type, "participant_left")) {
        left(p, o);
    } else if (json_string_is(type, "roster_changed")) {
        several(t, p, o);
    } else if (json_string_is(type, "tour_changed")) {
        mem_free(v->tour);
        v->tour = view_tour(json_member(o, "tour"));
    } else if (json_string_is(type, "slot")) {
        slot(v, o);
    } else if (json_string_is(type, "speaker")) {
        v->speaker[0] = '\0';
        text_of(o, "participant", v->speaker, sizeof(v->speaker));
    } else if (json_string_is(type, "entry")) {
        entry(t, p, o, false);
    } else if (json_string_is(type, "lobby_joined")) {
        waits(v, who);
    } else if (json_string_is(type, "lobby_left")) {
        char id[ID_TEXT];
        text_of(o, "id", id, sizeof(id));
        waits_no_more(v, id);
    } else if (json_string_is(type, "admitted")) {
        p->phase = PAGE_ADMITTED;
    }
}

void view_read(struct tour_sim *t, struct page *p, struct bytes text) {
    const struct json *o = NULL;
    struct json_limits limits = tour_limits();
    uint64_t re;
    if (json_read(text.p, text.n, &limits, &o, NULL) != OK) {
        world_fail(t->w, "page %u cannot read what it is told", p->number);
        return;
    }
    if (json_get_uint(json_member(o, "re"), UINT64_MAX >> 1, &re)) {
        number(t, p, re);
        reply(t, p, o);
    } else {
        event(t, p, o);
    }
    json_free(o);
}
