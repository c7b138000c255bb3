#include "server/cli/cli_audit_parts.h"

#include "base/json_write.h"
#include "server/cli/cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Words of others are shown as they are quoted in JSON, so that no line can pretend to be two. */
static void put(struct buffer *b, const char *name, const char *text) {
    if (*text) {
        buffer_printf(b, " %s=\"", name);
        json_escape(b, text, strlen(text));
        buffer_str(b, "\"");
    }
}

static void print_text(struct buffer *b, const struct audit_record *r) {
    const struct audit_entry *e = &r->e;
    char at[WALL_TEXT_MAX];
    buffer_printf(b, "%" PRIu64 "  %s  %s", r->number, wall_text(e->at, at), r->word);
    if (*e->code) {
        put(b, "refused", e->code);
    }
    put(b, "sub", e->sub);
    put(b, "role", e->role);
    put(b, "name", e->name);
    put(b, "address", e->address);
    put(b, "tour", e->tour);
    put(b, "recording", e->recording);
    put(b, "participant", e->participant);
    put(b, "whom", e->whom);
    put(b, "detail", e->detail);
    if (e->count > 1) {
        buffer_printf(b, " count=%" PRIu64 " since=%s", e->count, wall_text(e->first, at));
    }
}

static bool print(void *ctx, const struct audit_record *r) {
    const struct cli_audit_words *w = ctx;
    struct buffer b = {0};
    if (!audit_filter_takes(&w->filter, r)) {
        return true;
    }
    if (w->json) {
        audit_record_show(&b, r);
    } else {
        print_text(&b, r);
    }
    bool ok = !b.bad && printf("%s\n", b.p) > 0; /* who reads may have gone */
    buffer_free(&b);
    return ok;
}

int cli_audit_list(const struct cli_audit_words *w) {
    struct audit_chain c = {.any_key = true};
    struct audit_place at = {0};
    struct cli_audit_words copy = *w;
    enum audit_fault f = audit_walk_past(w->dir, &c, print, &copy, &at);
    if (f == AUDIT_UNREADABLE && !c.records) {
        return cli_fail(CLI_FAILED, "audit: %s: cannot be read", w->dir);
    }
    return f == AUDIT_SOUND
               ? CLI_OK
               : cli_fail(CLI_FAILED,
                          "audit: %s line %" PRIu64 ": %s: what cannot be read is not shown",
                          at.file, at.line, audit_fault_what(f));
}
