/* Backup and restore, for the command line. */
#include "recorder/archive/backup.h"
#include "recorder/library/library_parts.h"

static struct library_copied copied(const struct backup_report *r) {
    return (struct library_copied){.objects = r->objects,
                                   .bytes = r->bytes,
                                   .recordings = r->recordings,
                                   .erased = r->erased,
                                   .other_key = r->other_key,
                                   .waiting = r->waiting};
}

enum err library_backup(struct library *l, const struct library_backup *b,
                        struct library_copied *ret, char why[WHY_MAX]) {
    OWNER_CHECK(&l->owner);
    const struct backup_more more = {b->more.copy, b->more.ctx};
    struct backup_order o = {b->state, b->dir, b->objects, b->at, more.copy ? &more : NULL};
    struct backup_report r;
    enum err e = backup_make(l->archive, &o, &r, why);
    *ret = copied(&r);
    return e;
}

enum err library_restore(const struct library_restore *x, struct library_copied *ret,
                         char why[WHY_MAX]) {
    const struct backup_more more = {x->more.copy, x->more.ctx};
    struct restore_order o = {x->from, x->dir, x->shredded, more.copy ? &more : NULL};
    struct backup_report r;
    enum err e = backup_restore(&o, &r, why);
    *ret = copied(&r);
    return e;
}
