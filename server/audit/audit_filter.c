#include "server/audit/audit_filter.h"

#include <string.h>

static bool is_what(const char *word, const char *wanted) {
    size_t n = strlen(wanted);
    bool begins = n > 0 && wanted[n - 1] == '.' && strncmp(word, wanted, n) == 0;
    return begins || strcmp(word, wanted) == 0;
}

static bool is(const char *value, const char *wanted) {
    return !wanted || strcmp(value, wanted) == 0;
}

bool audit_filter_takes(const struct audit_filter *f, const struct audit_record *r) {
    const struct audit_entry *e = &r->e;
    bool who = !f->who || strcmp(e->sub, f->who) == 0 || strcmp(e->name, f->who) == 0 ||
               strcmp(e->whom, f->who) == 0 || strcmp(e->address, f->who) == 0;
    return who && (!f->what || is_what(r->word, f->what)) && is(e->recording, f->recording) &&
           is(e->tour, f->tour) && is(*e->code ? "refused" : "done", f->outcome) &&
           e->at.us >= f->since.us && (!f->until.us || e->at.us < f->until.us);
}
