/* The end of an epoch, for who follows a recording while it is made: every few seconds the same
 * question, so it must not cost more the longer the recording is. */
#include "recorder/catalogue/catalogue_db.h"

#define OF_EPOCH " FROM segments s WHERE s.recording=?1 AND s.track=?2 AND s.epoch=?3"

static void read_tail(struct db_rows *s, struct epoch_tail *t) {
    *t = (struct epoch_tail){0};
    catalogue_read_epoch(s, &t->epoch);
    int64_t last = db_int(s, 8), size = db_int(s, 9);
    t->segments = (uint32_t)(last + 1);
    t->pictures = size > 0 && t->epoch.video;
    if (t->pictures) {
        t->epoch.width = (uint16_t)(size >> 16);
        t->epoch.height = (uint16_t)size;
    }
    t->sound = db_int(s, 10) != 0 && t->epoch.audio;
    t->sound_unknown = t->segments && db_int(s, 11) == SEGMENT_SOUND_UNKNOWN;
    int64_t next = db_int(s, 12);
    t->later = next >= 0;
    t->next = t->later ? (uint32_t)next : 0;
}

enum err catalogue_epoch_tail(struct catalogue *c, const struct id *recording,
                              const struct id *track, uint32_t epoch, struct epoch_tail *ret) {
    struct db_rows *s = db_query(
        c->db,
        "SELECT " EPOCH_COLUMNS ",(SELECT COALESCE(MAX(number),-1)" OF_EPOCH "),e.picture,e.sound,"
        "(SELECT sound" OF_EPOCH " ORDER BY s.number LIMIT 1),"
        "(SELECT COALESCE(MIN(n.number),-1) FROM epochs n WHERE n.recording=?1 AND n.track=?2"
        " AND n.number>?3)"
        " FROM epochs e WHERE e.recording=?1 AND e.track=?2 AND e.number=?3",
        "ddi", recording, track, (int64_t)epoch);
    if (!s) {
        return db_error(c->db);
    }
    enum err e = db_next(s);
    if (e == OK) {
        read_tail(s, ret);
    }
    db_done(s);
    return e;
}

enum err catalogue_heard(struct catalogue *c, const struct id *recording, bool *ret) {
    struct db_rows *s = db_query(c->db, "SELECT heard FROM recordings WHERE id=?", "d", recording);
    enum err e = s ? db_next(s) : db_error(c->db);
    if (e == OK) {
        *ret = db_int(s, 0) != 0;
    }
    db_done(s);
    return e;
}

enum err catalogue_segment_page(struct catalogue *c, const struct segment_page *p,
                                enum err (*each)(void *ctx, const struct entry_segment *s),
                                void *ctx) {
    struct db_rows *s = db_query(
        c->db,
        "SELECT " SEGMENT_COLUMNS " FROM segments WHERE recording=?1 AND track=?2 AND epoch=?3"
        " AND number>=?4 ORDER BY number LIMIT ?5",
        "ddiii", &p->recording, &p->track, (int64_t)p->epoch, (int64_t)p->from, (int64_t)p->limit);
    enum err e = s ? OK : db_error(c->db);
    while (e == OK) {
        struct entry_segment row;
        e = db_next(s);
        if (e == ERR_UNKNOWN) {
            e = OK;
            break;
        }
        if (e == OK) {
            catalogue_read_segment(s, &row);
            e = each(ctx, &row);
        }
    }
    db_done(s);
    return e;
}
