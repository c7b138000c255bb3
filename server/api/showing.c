#include "server/api/showing.h"

#include "server/api/body.h"
#include "server/api/call.h"
#include "server/api/moderated.h"
#include "server/os/clock.h"
#include "server/rest/schema_basics.h"
#include "signaling/platform.h"
#include "signaling/words/said_limits.h"

/* ---- what it looks like ---- */

static const struct schema fraction = {.kind = SCHEMA_NUMBER, .max = 1, .example = "0.25"};
static const struct schema source = {
    .kind = SCHEMA_TEXT, .max = POINTER_SOURCE_MAX, SCHEMA_PRINTABLE, .example = "\"p1/screen\""};
static const struct schema view = {.kind = SCHEMA_OPEN,
                                   .max = VIEW_MAX,
                                   .about = "An object that your pages agree on.",
                                   .example = "{\"plan\":\"ground floor\"}"};

struct pointer_body {
    struct schema_given given;
    double x, y;
    const char *source;
};
struct view_body {
    struct schema_given given;
    const struct json *view;
};
#define MEMBER(body, name, schema, required, about) \
    { #name, &(schema), (required), offsetof(struct body, name), about }
static const struct schema_member members_pointer[] = {
    MEMBER(pointer_body, x, fraction, true, "0: left; 1: right."),
    MEMBER(pointer_body, y, fraction, true, "0: top; 1: bottom."),
    MEMBER(pointer_body, source, source, false, "In which picture."),
    {0}};
static const struct schema_member members_view[] = {
    MEMBER(view_body, view, view, true, "What all are to see."), {0}};
static const struct schema schema_pointer = {
    .name = "Pointer", .kind = SCHEMA_OBJECT, .members = members_pointer};
static const struct schema schema_view = {
    .name = "View", .kind = SCHEMA_OBJECT, .members = members_view};

#define SHOWN(name, verb, what, body) MODERATED(name, verb, "moderation", what, body)
SHOWN(pointer_set, "setPointer", "Point at a place in a picture, for all to see.", &schema_pointer);
SHOWN(pointer_clear, "clearPointer", "Nobody points any more, whoever did.", NULL);
SHOWN(view_set, "setView", "What all are to see: which plan, which place in a model.",
      &schema_view);
SHOWN(view_clear, "clearView", "All see what they like.", NULL);

/* ---- what is done ---- */

static void point(struct request *r, const struct signaling_place *at) {
    moderated_shown(r, signaling_point(api_of(r)->signaling, clock_now(), r->args.v[0], at));
}

/* NULL: nothing more. */
static void show(struct request *r, const struct json *what) {
    struct buffer text = {0};
    if (what) {
        json_put_compact(&text, what);
    }
    moderated_shown(r, signaling_follow(api_of(r)->signaling, clock_now(), r->args.v[0], &text));
}

void showing_point(struct request *r) {
    const struct json *document;
    struct pointer_body b = {0};
    if (body_read(r, &schema_pointer, false, &b, &document)) {
        point(r, &(struct signaling_place){b.x, b.y, b.source});
        json_free(document);
    }
}

void showing_point_no_more(struct request *r) {
    point(r, NULL);
}

void showing_view(struct request *r) {
    const struct json *document;
    struct view_body b = {0};
    if (body_read(r, &schema_view, false, &b, &document)) {
        show(r, b.view);
        json_free(document);
    }
}

void showing_view_no_more(struct request *r) {
    show(r, NULL);
}
