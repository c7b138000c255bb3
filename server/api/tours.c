#include "server/api/tours.h"

#include "base/alloc.h"
#include "base/check.h"
#include "base/json_write.h"
#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/keyed.h"
#include "server/api/moderated.h"
#include "server/api/node.h"
#include "server/api/refuse.h"
#include "server/api/tagged.h"
#include "server/api/tours_schemas.h"
#include "server/os/clock.h"
#include "server/tours/registry.h"

#include <stdio.h>
#include <string.h>

/* ---- one tour ---- */

/* As signaling has it; NULL: it does not. */
static const struct signaling_tour_view *view_of(struct api *a, const char *name,
                                                 struct signaling_tour_view *v) {
    return signaling_tour_get(a->signaling, clock_now(), name, v) == OK ? v : NULL;
}

void tours_get(struct request *r) {
    struct api *a = api_of(r);
    struct signaling_tour_view v;
    const struct tour_record *kept = registry_find(a->tours.registry, r->args.v[0]);
    const struct signaling_tour_view *view = view_of(a, r->args.v[0], &v);
    struct buffer b = {0};
    char version[TOUR_VERSION] = "";
    if (!kept && !view) {
        refuse_code(r, CODE_TOUR_UNKNOWN);
        return;
    }
    tour_json(&b, kept, view);
    tagged_answer(r, kept ? tour_version(kept, version) : "", &b);
}

/* The record that the path names; NULL: refused. */
static struct tour_record *kept_of(struct request *r) {
    struct api *a = api_of(r);
    struct signaling_tour_view v;
    struct tour_record *kept = registry_find(a->tours.registry, r->args.v[0]);
    if (kept) {
        return kept;
    }
    if (view_of(a, r->args.v[0], &v)) {
        respond_problem(r, 409, "tour_not_kept",
                        "The configuration has this tour, or an agent has made it.");
    } else {
        refuse_code(r, CODE_TOUR_UNKNOWN);
    }
    return NULL;
}

/* May it be changed now? Else the request is refused. */
static bool may_change(struct request *r, const struct tour_record *kept) {
    if (r->headers[H_IF_MATCH] && !tour_is_matched(kept, r->headers[H_IF_MATCH])) {
        respond_problem(r, 412, code_name(CODE_ETAG_MISMATCH), "The tour has changed since.");
        return false;
    }
    if (kept->busy) {
        respond_header(r, "retry-after:", "1");
        respond_problem(r, 409, "tour_busy", "Another change of it is being written.");
        return false;
    }
    return true;
}

/* ---- made and changed ---- */

static bool given(const struct tour_body *b, enum tour_member m) {
    return b->given.given & 1u << m;
}

static void take_times(const struct tour_body *b, struct tour_record *into) {
    if (given(b, TOUR_STARTS_AT)) {
        into->starts_at = b->starts_at;
    }
    if (given(b, TOUR_ENDS_AT)) {
        into->ends_at = b->ends_at;
    }
    if (given(b, TOUR_MAX_LENGTH)) {
        into->max_length = b->max_length_s * US_PER_S;
    }
}

static void take_quota(const struct tour_body *b, struct signaling_quota *into) {
    const struct {
        enum tour_member member;
        int64_t value;
        uint32_t *at;
    } all[] = {{TOUR_MICROPHONES, b->microphones, &into->sources[SOURCE_MICROPHONE]},
               {TOUR_CAMERAS, b->cameras, &into->sources[SOURCE_CAMERA]},
               {TOUR_SCREENS, b->screens, &into->sources[SOURCE_SCREEN]},
               {TOUR_KBPS, b->kbps, &into->kbps}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        *all[i].at = given(b, all[i].member) ? (uint32_t)all[i].value : *all[i].at;
    }
}

/* The property is copied. False: memory is out. */
static bool take_property(const struct tour_body *b, struct tour_record *into) {
    struct buffer text = {0};
    if (!given(b, TOUR_PROPERTY)) {
        return true;
    }
    into->property = mem_free(into->property);
    if (!b->property) {
        return true;
    }
    json_put_compact(&text, b->property);
    into->property = buffer_take(&text);
    buffer_free(&text);
    return into->property != NULL;
}

static const enum codec codecs[] = {
#define X(sym, name) sym,
    VIDEO_CODECS(X)
#undef X
};

/* What the body says; the rest stays. */
static bool take(const struct tour_body *b, struct tour_record *into) {
    if (given(b, TOUR_TITLE)) {
        snprintf(into->title, sizeof(into->title), "%s", b->title);
    }
    if (given(b, TOUR_RECORD)) {
        into->record = (enum record_mode)b->record; /* the words are in this order */
    }
    if (given(b, TOUR_CODEC)) {
        into->codec = codecs[b->codec];
    }
    if (given(b, TOUR_LOBBY)) {
        into->lobby = b->lobby;
    }
    if (given(b, TOUR_CAPACITY)) {
        into->capacity = (uint32_t)b->capacity;
    }
    take_times(b, into);
    take_quota(b, &into->quota);
    return take_property(b, into);
}

/* Has whoever asks, or his issuer, made as many that have not ended as may be? */
static bool has_too_many(const struct api *a, const char *sub) {
    const struct tour_changes *t = &a->tours;
    return (t->per_sub && registry_made_by(t->registry, sub, false) >= t->per_sub) ||
           (t->per_issuer && registry_made_by(t->registry, sub, true) >= t->per_issuer);
}

static struct tour_record *new_record(struct api *a, const struct tour_body *b, const char *sub) {
    struct rng rng = clock_rng();
    const wall_t now = clock_wall();
    struct tour_record fresh = {.record = a->config->recording_default,
                                .codec = a->config->media_codec,
                                .created_at = now,
                                .updated_at = now,
                                .version = 1};
    ulid_next(&a->tours.ulids, now, &rng, fresh.id);
    snprintf(fresh.name, sizeof(fresh.name), "%s", b->name ? b->name : fresh.id);
    snprintf(fresh.title, sizeof(fresh.title), "%s", fresh.name);
    snprintf(fresh.made_by, sizeof(fresh.made_by), "%s", sub);
    struct tour_record *made = tour_record_copy(&fresh);
    return made && take(b, made) ? made : tour_record_free(made);
}

static void make(struct request *r, uint64_t key, const struct tour_body *b) {
    struct api *a = api_of(r);
    const char *sub = call_of(r)->claims.sub;
    tour_changes_sweep(a);
    bool draining = node_is_draining(a), full = has_too_many(a, sub);
    struct tour_record *record = draining || full ? NULL : new_record(a, b, sub);
    if (record) {
        tour_changes_make(r, key, record);
        return;
    }
    keyed_drop(a, key);
    if (draining) {
        node_refuse(r);
    } else if (full) {
        a->tours.refused++;
        refuse_code(r, CODE_TOURS_FULL);
    } else {
        respond_problem(r, 503, NULL, NULL);
    }
}

void tours_create(struct request *r) {
    const char *only = call_of(r)->claims.tour;
    const struct json *document;
    struct tour_body b;
    uint64_t key;
    if (!body_read(r, &schema_tour_new, true, &b, &document)) {
        return;
    }
    if (*only && (!b.name || strcmp(b.name, only) != 0)) {
        refuse_code(r, CODE_TOKEN_TOUR);
    } else if (keyed_begin(r, &key)) {
        make(r, key, &b);
    }
    json_free(document);
}

void tours_update(struct request *r) {
    struct tour_record *kept = kept_of(r);
    const struct json *document;
    struct tour_body b;
    if (!kept || !body_read(r, &schema_tour_change, false, &b, &document)) {
        return;
    }
    if (kept->ended_at.us) {
        refuse_code(r, CODE_TOUR_ENDED);
    } else if (may_change(r, kept) && moderated_may_change(r)) {
        struct tour_record *next = tour_record_copy(kept);
        if (next && take(&b, next)) {
            next->version++;
            next->updated_at = clock_wall();
            tour_changes_update(r, kept, next, given(&b, TOUR_LOBBY));
        } else {
            tour_record_free(next);
            respond_problem(r, 503, NULL, NULL);
        }
    }
    json_free(document);
}

/* ---- ended ---- */

void tours_end(struct request *r) {
    struct api *a = api_of(r);
    struct tour_record *kept = registry_find(a->tours.registry, r->args.v[0]);
    if (!kept) {
        enum err e = signaling_tour_end(a->signaling, clock_now(), r->args.v[0], false);
        call_settle(r);
        if (e == OK) {
            respond_status(r, 204);
        } else {
            refuse_code(r, CODE_TOUR_UNKNOWN);
        }
    } else if (kept->ended_at.us) {
        respond_status(r, 204);
    } else if (may_change(r, kept)) {
        tour_changes_end(r, kept, false);
    }
}

void tours_delete(struct request *r) {
    struct tour_record *kept = kept_of(r);
    if (kept && may_change(r, kept)) {
        tour_changes_end(r, kept, true);
    }
}
