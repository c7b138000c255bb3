#include "server/audit/audit_entry.h"

#include <stdio.h>
#include <string.h>

/* Without the port, which says nothing a minute later. */
static void put_address(const struct addr *from, bool shorten, char out[ADDR_TEXT_MAX]) {
    struct addr a = *from;
    char text[ADDR_TEXT_MAX];
    a.port = 0;
    if (shorten && addr_is_v4(&a)) {
        a.ip[15] = 0;
    } else if (shorten) {
        memset(a.ip + 6, 0, 10);
    }
    addr_text(&a, text);
    size_t n = strlen(text);
    n -= n > 2 && strcmp(text + n - 2, ":0") == 0 ? 2 : 0;
    bool v6 = text[0] == '[' && n > 2;
    snprintf(out, ADDR_TEXT_MAX, "%.*s", (int)(v6 ? n - 2 : n), text + v6);
}

static void copy(char *out, size_t cap, const char *text) {
    snprintf(out, cap, "%s", text ? text : "");
}

void audit_entry_of(const struct audit_act *act, wall_t at, bool shorten, struct audit_entry *ret) {
    const struct claims *c = act->who;
    *ret = (struct audit_entry){.what = act->what, .at = at};
    copy(ret->code, sizeof(ret->code), act->code);
    copy(ret->sub, sizeof(ret->sub), c ? c->sub : act->sub);
    copy(ret->name, sizeof(ret->name), c ? c->name : act->name);
    copy(ret->role, sizeof(ret->role), c && c->role != ROLE_NONE ? role_name(c->role) : act->role);
    copy(ret->tour, sizeof(ret->tour), act->tour);
    copy(ret->recording, sizeof(ret->recording), act->recording);
    copy(ret->participant, sizeof(ret->participant), act->participant);
    copy(ret->whom, sizeof(ret->whom), act->whom);
    copy(ret->detail, sizeof(ret->detail), act->detail);
    copy(ret->trace, sizeof(ret->trace), act->trace);
    if (act->from) {
        put_address(act->from, shorten, ret->address);
    }
}

bool audit_entry_same(const struct audit_entry *a, const struct audit_entry *b) {
    return a->what == b->what && strcmp(a->code, b->code) == 0 && strcmp(a->sub, b->sub) == 0 &&
           strcmp(a->role, b->role) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->address, b->address) == 0 && strcmp(a->tour, b->tour) == 0 &&
           strcmp(a->recording, b->recording) == 0 && strcmp(a->participant, b->participant) == 0 &&
           strcmp(a->whom, b->whom) == 0 && strcmp(a->detail, b->detail) == 0;
}
