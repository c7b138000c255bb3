/* How far the rows have come in the journal, and the texts in it that are sealed. */
#include "recorder/catalogue/catalogue_db.h"

enum err catalogue_position(struct catalogue *c, const struct id *recording,
                            struct journal_head *ret) {
    struct journal_head head = journal_begin(recording);
    struct db_rows *s =
        db_query(c->db, "SELECT entries,objects,chain FROM recordings WHERE id=? AND entries>0",
                 "d", recording);
    enum err e = s ? db_next(s) : db_error(c->db);
    if (e == OK) {
        head.entries = (uint64_t)db_int(s, 0);
        head.objects = (uint32_t)db_int(s, 1);
        db_blob(s, 2, head.hash, SHA256_LEN);
    }
    db_done(s);
    if (e == OK || e == ERR_UNKNOWN) {
        *ret = head;
        e = OK;
    }
    return e;
}

/* An entry whose text is not to be had: the row has none, and says why. */
static enum err apply_without(struct catalogue *c, const struct id *recording,
                              const struct entry *e, enum name_state why) {
    enum err error = catalogue_apply(c, recording, e);
    if (error == OK && e->type == ENTRY_PARTICIPANT) {
        error = db_run(c->db,
                       "UPDATE participants SET name='', role=?, name_state=?"
                       " WHERE recording=? AND participant=?",
                       "tidi", e->u.person.role, (int64_t)why, recording,
                       (int64_t)e->u.person.participant);
    }
    return error;
}

/* One that is longer than this release takes is kept as a row without bytes: whoever takes it reads
 * the recording's journal again. */
static enum err keep_sealed(struct catalogue *c, const struct id *recording,
                            const struct entry *e) {
    const struct entry_personal *p = &e->u.personal;
    const uint8_t *sealed = e->type == ENTRY_SAID ? e->u.said.bytes : p->sealed;
    size_t n = p->sealed_len <= entry_sealed_max((enum entry_type)e->type) ? p->sealed_len : 0;
    return db_run(c->db, "INSERT INTO texts VALUES(?,?,?,?,?) ON CONFLICT DO NOTHING", "diitb",
                  recording, (int64_t)e->seq, (int64_t)p->said.participant,
                  entry_type_name((enum entry_type)e->type), sealed, n);
}

/* Errors of the catalogue only: a key that is not there keeps nobody from the rest. */
static enum err follow_sealed(struct catalogue *c, const struct catalogue_object *o,
                              const struct entry *e) {
    struct entry open = *e;
    enum err said = o->opener.open ? o->opener.open(o->opener.ctx, &open) : ERR_DENIED;
    if (said == OK) {
        return catalogue_apply(c, &o->recording, &open);
    }
    if (said == ERR_GONE) {
        return apply_without(c, &o->recording, e, NAME_ERASED);
    }
    enum err error = apply_without(c, &o->recording, e, NAME_SEALED);
    return error == OK ? keep_sealed(c, &o->recording, e) : error;
}

struct following {
    struct catalogue *catalogue;
    const struct catalogue_object *object;
};

static enum err follow(void *ctx, const struct entry *e) {
    const struct following *f = ctx;
    bool sealed = entry_is_of_person((enum entry_type)e->type) && e->u.personal.sealed_len;
    return sealed ? follow_sealed(f->catalogue, f->object, e)
                  : catalogue_apply(f->catalogue, &f->object->recording, e);
}

static enum err follow_object(struct catalogue *c, const struct catalogue_object *o) {
    struct following f = {c, o};
    struct journal_head head;
    enum err e = catalogue_position(c, &o->recording, &head);
    e = e == OK && o->lines.n == 0 ? ERR_FORMAT : e;
    e = e == OK ? journal_replay(o->lines, &head, follow, &f) : e;
    if (e != OK) {
        return e;
    }
    e = db_run(c->db,
               "INSERT INTO journals VALUES(?,?,?,?) ON CONFLICT(recording,number) DO UPDATE SET"
               " size=excluded.size, sha256=excluded.sha256",
               "diib", &o->recording, (int64_t)head.objects, (int64_t)o->info.size, o->info.sha256,
               (size_t)SHA256_LEN);
    return e == OK ? db_run(c->db,
                            "INSERT INTO recordings(id,entries,objects,chain)"
                            " VALUES(?,?,?,?) ON CONFLICT(id) DO UPDATE SET"
                            " entries=excluded.entries, objects=excluded.objects,"
                            " chain=excluded.chain",
                            "diib", &o->recording, (int64_t)head.entries, (int64_t)head.objects + 1,
                            head.hash, (size_t)SHA256_LEN)
                   : e;
}

enum err catalogue_follow(struct catalogue *c, const struct catalogue_object *o) {
    bool alone = !db_is_open(c->db);
    enum err e = alone ? catalogue_begin(c) : OK;
    e = e == OK ? follow_object(c, o) : e;
    e = e == OK && alone ? catalogue_commit(c) : e;
    if (alone) {
        catalogue_rollback(c);
    }
    return e;
}

/* The first text that waits, behind this line of the journal. */
static enum err next_text(struct catalogue *c, const struct id *recording, int64_t behind,
                          struct entry *ret) {
    struct db_rows *s = db_query(c->db,
                                 "SELECT seq,participant,type,sealed FROM texts"
                                 " WHERE recording=? AND seq>? ORDER BY seq LIMIT 1",
                                 "di", recording, behind);
    enum err e = s ? db_next(s) : db_error(c->db);
    memset(ret, 0, sizeof(*ret));
    if (e == OK) {
        struct entry_personal *p = &ret->u.personal;
        char type[16];
        struct bytes sealed = db_bytes(s, 3);
        db_text(s, 2, type, sizeof(type));
        ret->type = strcmp(type, entry_type_name(ENTRY_MARK)) == 0   ? ENTRY_MARK
                    : strcmp(type, entry_type_name(ENTRY_SAID)) == 0 ? ENTRY_SAID
                                                                     : ENTRY_PARTICIPANT;
        ret->seq = (uint64_t)db_int(s, 0);
        p->said.participant = (uint64_t)db_int(s, 1);
        if (sealed.n && sealed.n <= entry_sealed_max((enum entry_type)ret->type)) {
            memcpy(ret->type == ENTRY_SAID ? ret->u.said.bytes : p->sealed, sealed.p, sealed.n);
            p->sealed_len = (uint16_t)sealed.n;
        } else {
            p->sealed_len = ENTRY_SEALED_LONGER;
        }
    }
    db_done(s);
    return e;
}

/* The name that was said last counts, in whatever order they can be opened. */
static enum err put_name(struct catalogue *c, const struct id *recording, const struct entry *e) {
    const struct entry_person *p = &e->u.person;
    struct words_of of = {*recording, WORD_OF_PERSON, p->participant};
    enum err error =
        db_run(c->db,
               "UPDATE participants SET name=COALESCE((SELECT name FROM events"
               " WHERE recording=?1 AND participant=?2 AND type='participant' AND name<>''"
               " ORDER BY seq DESC LIMIT 1),''),"
               " name_state=CASE WHEN EXISTS(SELECT 1 FROM texts WHERE recording=?1"
               " AND participant=?2 AND type='participant') THEN 1 ELSE 0 END"
               " WHERE recording=?1 AND participant=?2",
               "di", recording, (int64_t)p->participant);
    return error == OK ? catalogue_put_words(c, &of, p->name) : error;
}

static enum err put_text(struct catalogue *c, const struct id *recording, const struct entry *e) {
    const struct entry_person *p = &e->u.person;
    bool said = e->type == ENTRY_SAID;
    enum err error = db_run(
        c->db, "UPDATE events SET name=?,said=? WHERE recording=? AND seq=? AND participant=?",
        "ttdii", said ? entry_said_text(&e->u.said) : p->name,
        said ? entry_said_fields(&e->u.said) : "", recording, (int64_t)e->seq,
        (int64_t)p->participant);
    error = error == OK ? db_run(c->db, "DELETE FROM texts WHERE recording=? AND seq=?", "di",
                                 recording, (int64_t)e->seq)
                        : error;
    bool name = e->type == ENTRY_PARTICIPANT;
    return error == OK && name ? put_name(c, recording, e) : error;
}

static enum err open_text(struct catalogue *c, const struct id *recording, struct entry *e,
                          const struct personal_opener *o) {
    enum err said = o->open(o->ctx, e);
    return said == OK         ? put_text(c, recording, e)
           : said == ERR_GONE ? catalogue_forget_person(c, recording, e->u.person.participant)
                              : OK;
}

enum err catalogue_open_texts(struct catalogue *c, const struct id *recording,
                              const struct personal_opener *o) {
    struct entry e = {.seq = 0};
    int64_t behind = -1;
    enum err error = catalogue_begin(c);
    while (error == OK && (error = next_text(c, recording, behind, &e)) == OK) {
        behind = (int64_t)e.seq;
        error = open_text(c, recording, &e, o);
    }
    error = error == ERR_UNKNOWN ? catalogue_commit(c) : error;
    catalogue_rollback(c);
    return error;
}
