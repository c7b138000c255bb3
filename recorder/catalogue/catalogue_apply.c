/* The journal's entries as rows. */
#include "recorder/catalogue/catalogue_db.h"
#include "recorder/catalogue/words.h"

enum err catalogue_put_words(struct catalogue *c, const struct words_of *of, const char *text) {
    char word[WORD_MAX];
    enum err e = OK;
    while (e == OK && words_next(&text, word)) {
        e = db_run(c->db, "INSERT INTO words VALUES(?,?,?,?) ON CONFLICT DO NOTHING", "tidi", word,
                   (int64_t)of->kind, &of->recording, (int64_t)of->participant);
    }
    return e;
}

/* The first of an epoch with pictures, and the first with sound, are noted with the epoch. */
static enum err note_content(struct catalogue *c, const struct id *recording,
                             const struct entry_segment *s) {
    int64_t size = s->width ? (int64_t)s->width << 16 | s->height : 0;
    return db_run(c->db,
                  "UPDATE epochs SET picture=CASE picture WHEN 0 THEN ?1 ELSE picture END,"
                  " sound=CASE WHEN sound<?2 THEN ?2 ELSE sound END WHERE recording=?3 AND "
                  "track=?4 AND number=?5"
                  " AND ((picture=0 AND ?1>0) OR sound<?2)",
                  "iiddi", size, (int64_t)(s->sound == SEGMENT_SOUND_SOME), recording, &s->track,
                  (int64_t)s->epoch);
}

static enum err apply_segment(struct catalogue *c, const struct id *recording,
                              const struct entry_segment *s) {
    uint8_t keys[SEGMENT_KEYS_MAX * 8];
    struct wr w = wr_of(keys, sizeof(keys));
    for (unsigned i = 0; i < s->n_keys && i < SEGMENT_KEYS_MAX; i++) {
        wr_u32(&w, s->keys[i].at_ms);
        wr_u32(&w, s->keys[i].offset);
    }
    enum err e = db_run(c->db,
                        "INSERT INTO segments VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                        " ON CONFLICT DO NOTHING",
                        "ddiiiiiiiiiibbi", recording, &s->track, (int64_t)s->epoch,
                        (int64_t)s->number, s->start, s->duration, (int64_t)s->width,
                        (int64_t)s->height, (int64_t)s->first_is_key, (int64_t)s->adopted,
                        (int64_t)s->bytes, (int64_t)s->info.size, s->info.sha256,
                        (size_t)SHA256_LEN, keys, wr_len(&w), (int64_t)s->sound);
    if (e != OK || db_changes(c->db) == 0) {
        return e;
    }
    e = note_content(c, recording, s);
    return e == OK ? db_run(c->db, "UPDATE recordings SET bytes=bytes+? WHERE id=?", "id",
                            (int64_t)s->bytes, recording)
                   : e;
}

static enum err apply_time(struct catalogue *c, const struct id *recording, us_t t) {
    return db_run(c->db, "UPDATE recordings SET duration=?1 WHERE id=?2 AND duration<?1", "id", t,
                  recording);
}

static enum err apply_event(struct catalogue *c, const struct id *recording, const struct entry *e,
                            us_t duration) {
    static const struct entry_person nobody;
    bool gap = e->type == ENTRY_GAP;
    const struct entry_person *p = gap ? &nobody : &e->u.person;
    return db_run(c->db,
                  "INSERT INTO events VALUES(?,?,?,?,?,?,?,?,?,?,?,'') ON CONFLICT DO NOTHING",
                  "ditiiiditti", recording, e->t, entry_type_name((enum entry_type)e->type),
                  (int64_t)p->participant, (int64_t)p->source, (int64_t)p->on,
                  gap ? &e->u.gap.track : &ID_NONE, duration, gap ? e->u.gap.cause : p->name,
                  p->role, (int64_t)e->seq);
}

static enum err apply_said(struct catalogue *c, const struct id *recording, const struct entry *e) {
    const struct entry_said *s = &e->u.said;
    return db_run(c->db,
                  "INSERT INTO events VALUES(?,?,?,?,?,0,?,0,?,?,?,?) ON CONFLICT DO NOTHING",
                  "ditiidttit", recording, e->t, entry_type_name(ENTRY_SAID),
                  (int64_t)s->who.participant, (int64_t)s->who.source, &ID_NONE, entry_said_text(s),
                  s->who.role, (int64_t)e->seq, entry_said_fields(s));
}

static enum err apply_person(struct catalogue *c, const struct id *recording,
                             const struct entry *e) {
    const struct entry_person *p = &e->u.person;
    struct words_of of = {*recording, WORD_OF_PERSON, p->participant};
    enum err error = OK;
    if (e->type == ENTRY_PARTICIPANT) {
        error =
            db_run(c->db,
                   "INSERT INTO participants(recording,participant,name,role)"
                   " VALUES(?,?,?,?) ON CONFLICT(recording,participant) DO UPDATE SET"
                   " name=excluded.name, role=excluded.role, name_state=0 WHERE excluded.name<>''",
                   "ditt", recording, (int64_t)p->participant, p->name, p->role);
        error = error == OK ? catalogue_put_words(c, &of, p->name) : error;
    } else if (e->type == ENTRY_CONSENT) {
        error = db_run(c->db,
                       "INSERT INTO participants(recording,participant,consent) VALUES(?,?,?)"
                       " ON CONFLICT(recording,participant) DO UPDATE SET consent=excluded.consent",
                       "dit", recording, (int64_t)p->participant, p->on ? p->name : "");
    }
    if (error == OK && e->type == ENTRY_VOICE && p->source) {
        error =
            db_run(c->db, "UPDATE recordings SET heard=1 WHERE id=? AND heard=0", "d", recording);
    }
    return error == OK ? apply_event(c, recording, e, 0) : error;
}

/* Again, it keeps what its segments said. */
static enum err apply_epoch(struct catalogue *c, const struct id *recording,
                            const struct entry_epoch *p) {
    return db_run(
        c->db,
        "INSERT INTO epochs(recording,track,number,video,audio,width,height,start,"
        "init) VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(recording,track,number) DO UPDATE SET"
        " video=excluded.video, audio=excluded.audio, width=excluded.width,"
        " height=excluded.height, start=excluded.start, init=excluded.init",
        "ddittiiib", recording, &p->track, (int64_t)p->number, codec_name((enum codec)p->video),
        codec_name((enum codec)p->audio), (int64_t)p->width, (int64_t)p->height, p->start, p->init,
        (size_t)p->init_len);
}

static enum err apply_track(struct catalogue *c, const struct id *recording,
                            const struct entry_track *p) {
    return db_run(
        c->db,
        "INSERT INTO tracks VALUES(?,?,?,?,?,?,?) ON CONFLICT(recording,track) DO UPDATE SET"
        " kind=excluded.kind, codec=excluded.codec, source=excluded.source,"
        " participant=excluded.participant, keys=excluded.keys",
        "ddttiii", recording, &p->track, source_kind_name((enum source_kind)p->kind),
        codec_name((enum codec)p->codec), (int64_t)p->source, (int64_t)p->participant,
        (int64_t)p->keys);
}

static enum err apply_start(struct catalogue *c, const struct id *recording,
                            const struct entry_start *p) {
    struct words_of of = {*recording, WORD_OF_RECORDING, 0};
    enum err e = db_run(c->db,
                        "INSERT INTO recordings(id,tour,title,started) VALUES(?,?,?,?)"
                        " ON CONFLICT(id) DO UPDATE SET tour=excluded.tour, title=excluded.title,"
                        " started=excluded.started",
                        "dtti", recording, p->tour, p->title, p->wall.us);
    e = e == OK ? catalogue_put_words(c, &of, p->tour) : e;
    return e == OK ? catalogue_put_words(c, &of, p->title) : e;
}

static enum err apply_end(struct catalogue *c, const struct id *recording, const struct entry *e) {
    enum err error = apply_time(c, recording, e->t);
    return error == OK ? db_run(c->db, "UPDATE recordings SET reason=? WHERE id=?", "td",
                                e->u.end.reason, recording)
                       : error;
}

enum err catalogue_apply(struct catalogue *c, const struct id *recording, const struct entry *e) {
    enum err error;
    switch ((enum entry_type)e->type) {
    case ENTRY_START:
        return apply_start(c, recording, &e->u.start);
    case ENTRY_TRACK:
        return apply_track(c, recording, &e->u.track);
    case ENTRY_EPOCH:
        return apply_epoch(c, recording, &e->u.epoch);
    case ENTRY_SEGMENT:
        error = apply_segment(c, recording, &e->u.segment);
        return error == OK ? apply_time(c, recording, e->t) : error;
    case ENTRY_GAP:
        return apply_event(c, recording, e, e->u.gap.duration);
    case ENTRY_MUTE:
    case ENTRY_PARTICIPANT:
    case ENTRY_CONSENT:
    case ENTRY_STAGE:
    case ENTRY_VOICE:
    case ENTRY_MARK:
    case ENTRY_PAUSE:
        return apply_person(c, recording, e);
    case ENTRY_SAID:
        return apply_said(c, recording, e);
    case ENTRY_END:
        return apply_end(c, recording, e);
    case ENTRY_SR:
    case ENTRY_FAILING:
    case ENTRY_TYPE_COUNT:
        break;
    }
    return OK;
}
