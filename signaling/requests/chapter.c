/* A host begins a chapter: what is seen from now on, "the kitchen". */
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

static enum code chapter(struct call *c) {
    struct speaker me = say_as(c);
    return say_done(c, &me, say_chapter(&me, call_string(c, "title", NULL)));
}

const struct request request_chapter = {.type = "chapter",
                                        .fields = {{"title", FIELD_STRING, true, CHAPTER_MAX}},
                                        .needs_seat = true,
                                        .run = chapter};
