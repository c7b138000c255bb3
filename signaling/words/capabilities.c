#include "signaling/words/capabilities.h"

#include "base/check.h"
#include "base/json_write.h"
#include "json/json_read.h"

#include <string.h>

static const char *const directions[] = {
#define X(sym, name) name,
    DIRECTIONS(X)
#undef X
};

/* The members that are sources. */
static const struct {
    const char *name;
    enum source_kind kind;
} sources[] = {{"audio", SOURCE_MICROPHONE}, {"camera", SOURCE_CAMERA}, {"screen", SOURCE_SCREEN}};

struct capabilities capabilities_default(enum standing standing) {
    struct capabilities c = {.send = SOURCES_ALL, .receive = SOURCES_ALL, .chat = true};
    switch (standing) {
    case STANDING_HOST:
        c.point = true;
        break;
    case STANDING_GUEST:
        c.send &= (uint8_t) ~(1u << SOURCE_SCREEN);
        break;
    case STANDING_OBSERVER:
        c.send = 0;
        c.chat = false;
        break;
    }
    return c;
}

static uint8_t mixed(uint8_t was, uint8_t kinds, uint8_t now) {
    return (uint8_t)((was & ~kinds) | (now & kinds));
}

void capabilities_merge(struct capabilities *c, const struct capabilities_part *p) {
    c->send = mixed(c->send, p->kinds, p->to.send);
    c->receive = mixed(c->receive, p->kinds, p->to.receive);
    c->chat = p->has_chat ? p->to.chat : c->chat;
    c->point = p->has_point ? p->to.point : c->point;
}

void capabilities_restrict(struct capabilities *c, const struct capabilities_part *p) {
    c->send &= (uint8_t)(p->to.send | ~p->kinds);
    c->receive &= (uint8_t)(p->to.receive | ~p->kinds);
    c->chat = c->chat && (p->to.chat || !p->has_chat);
    c->point = c->point && (p->to.point || !p->has_point);
}

void capabilities_add(struct capabilities_part *p, const struct capabilities_part *later) {
    capabilities_merge(&p->to, later);
    p->kinds |= later->kinds;
    p->has_chat = p->has_chat || later->has_chat;
    p->has_point = p->has_point || later->has_point;
}

void capabilities_unsay(struct capabilities_part *p, const struct capabilities_part *later) {
    p->kinds &= (uint8_t)~later->kinds;
    p->to.send &= p->kinds;
    p->to.receive &= p->kinds;
    p->has_chat = p->has_chat && !later->has_chat;
    p->has_point = p->has_point && !later->has_point;
}

struct capabilities_part capabilities_named(const struct capabilities *c,
                                            const struct capabilities_part *p) {
    struct capabilities_part ret = *p;
    ret.to.send = c->send & p->kinds;
    ret.to.receive = c->receive & p->kinds;
    ret.to.chat = c->chat && p->has_chat;
    ret.to.point = c->point && p->has_point;
    return ret;
}

bool capabilities_any(const struct capabilities_part *p) {
    return p->kinds || p->has_chat || p->has_point;
}

bool capabilities_equal(const struct capabilities *a, const struct capabilities *b) {
    return a->send == b->send && a->receive == b->receive && a->chat == b->chat &&
           a->point == b->point;
}

void capabilities_set(struct capabilities_part *p, enum source_kind kind,
                      enum direction direction) {
    uint8_t bit = (uint8_t)(1u << kind);
    p->kinds |= bit;
    p->to.send = mixed(p->to.send, bit, direction & DIRECTION_SEND ? bit : 0);
    p->to.receive = mixed(p->to.receive, bit, direction & DIRECTION_RECEIVE ? bit : 0);
}

/* ---- JSON ---- */

static const char *direction_name(const struct capabilities *c, enum source_kind kind) {
    unsigned send = c->send >> kind & 1u, receive = c->receive >> kind & 1u;
    return directions[send * DIRECTION_SEND + receive * DIRECTION_RECEIVE];
}

void capabilities_put_part(struct buffer *o, const char *key, const struct capabilities_part *p) {
    json_open(o, key, '{');
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (p->kinds & 1u << sources[i].kind) {
            json_put_string(o, sources[i].name, direction_name(&p->to, sources[i].kind));
        }
    }
    if (p->has_chat) {
        json_put_bool(o, "chat", p->to.chat);
    }
    if (p->has_point) {
        json_put_bool(o, "point", p->to.point);
    }
    json_close(o, '}');
}

void capabilities_put(struct buffer *o, const char *key, const struct capabilities *c) {
    capabilities_put_part(o, key, &(struct capabilities_part){SOURCES_ALL, true, true, *c});
}

static bool read_direction(const struct json *v, enum direction *ret) {
    for (size_t i = 0; i < ARRAY_LEN(directions); i++) {
        if (json_string_is(v, directions[i])) {
            *ret = (enum direction)i;
            return true;
        }
    }
    return false;
}

static bool read_member(const struct json_walk *w, struct capabilities_part *p) {
    enum direction direction;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        if (strcmp(w->name, sources[i].name) == 0) {
            bool good = read_direction(w->value, &direction);
            if (good) {
                capabilities_set(p, sources[i].kind, direction);
            }
            return good;
        }
    }
    if (strcmp(w->name, "chat") == 0) {
        p->has_chat = true;
        return json_get_bool(w->value, &p->to.chat);
    }
    p->has_point = true;
    return strcmp(w->name, "point") == 0 && json_get_bool(w->value, &p->to.point);
}

bool capabilities_read(const struct json *v, struct capabilities_part *ret) {
    struct capabilities_part p = {0};
    struct json_walk w = {0};
    if (json_kind(v) != JSON_KIND_OBJECT) {
        return false;
    }
    while (json_next(v, &w)) {
        if (!read_member(&w, &p)) {
            return false;
        }
    }
    *ret = p;
    return true;
}
