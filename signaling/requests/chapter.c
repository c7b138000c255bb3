/* A host begins a chapter: what is seen from now on, "the kitchen". */
#include "signaling/ledger/say.h"
#include "signaling/requests/call.h"
#include "signaling/requests/say.h"

#include <stdio.h>

static enum code chapter(struct call *c) {
    const struct seat *me = c->conn->seat;
    struct ledger *l = &me->tour->ledger;
    struct entry_in in = {.kind = ENTRY_KIND_CHAPTER};
    enum code code = say_text(c, "title", false, &in.text);
    code = code == CODE_OK ? say_check(c, me->host) : code;
    code = code == CODE_OK ? say_add(c, &in, NULL) : code;
    if (code == CODE_OK) {
        (void)snprintf(l->chapter, sizeof(l->chapter), "%s", in.text);
        l->chapter_by = me->id;
    }
    return code;
}

const struct request request_chapter = {.type = "chapter",
                                        .fields = {{"title", FIELD_STRING, true, CHAPTER_MAX}},
                                        .needs_seat = true,
                                        .run = chapter};
