/* All rows of a catalogue into another, empty one, of whatever kind: recording by recording, so
 * that no more than one is in memory. */
#include "recorder/catalogue/catalogue_db.h"

#include "base/check.h"

/* Each has the id of its recording first. */
#define TABLE(name, id, columns, marks, types)                                        \
    {                                                                                 \
        "SELECT " id "," columns " FROM " name " WHERE " id "=?",                     \
            "INSERT INTO " name "(" id "," columns ") VALUES(?," marks ")", "d" types \
    }
static const struct table {
    const char *select, *insert, *types;
} tables[] = {
    TABLE("recordings", "id",
          "tour,title,started,duration,bytes,state,reason,manifest_version,manifest_size,"
          "manifest_sha256,entries,objects,chain,heard,damage",
          "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?", "ttiiittiibiibit"),
    TABLE("participants", "recording", "participant,name,role,consent,name_state", "?,?,?,?,?",
          "ittti"),
    TABLE("tracks", "recording", "track,kind,codec,source,participant,keys", "?,?,?,?,?,?",
          "bttiii"),
    TABLE("epochs", "recording", "track,number,video,audio,width,height,start,init,picture,sound",
          "?,?,?,?,?,?,?,?,?,?", "bittiiibii"),
    TABLE("segments", "recording",
          "track,epoch,number,start,duration,width,height,first_is_key,adopted,bytes,size,sha256,"
          "keys,sound",
          "?,?,?,?,?,?,?,?,?,?,?,?,?,?", "biiiiiiiiiibbi"),
    TABLE("journals", "recording", "number,size,sha256", "?,?,?", "iib"),
    TABLE("events", "recording",
          "t,type,participant,source,on_off,track,duration,name,role,seq,said",
          "?,?,?,?,?,?,?,?,?,?,?", "itiiibittit"),
    TABLE("words", "recording", "word,kind,participant", "?,?,?", "tii"),
    TABLE("texts", "recording", "seq,participant,type,sealed", "?,?,?,?", "iitb"),
};

static enum err copy_row(struct db_rows *r, const struct table *t, struct db *to) {
    struct db_value values[DB_VALUES_MAX];
    struct db_statement s = {.text = t->insert, .keep = true, .values = values};
    for (; t->types[s.n]; s.n++) {
        struct db_value *v = &values[s.n];
        int at = (int)s.n;
        *v = (struct db_value){.type = t->types[s.n]};
        if (v->type == 'i') {
            v->i = db_int(r, at);
        } else if (v->type == 't') {
            v->p = db_str(r, at);
        } else {
            struct bytes b = db_bytes(r, at);
            v->p = b.p;
            v->n = b.n;
        }
    }
    struct db_rows *made = db_query_of(to, &s);
    enum err e = made ? db_next(made) : db_error(to);
    db_done(made);
    return e == ERR_UNKNOWN ? OK : e;
}

static enum err copy_table(struct db *from, const struct table *t, const struct id *recording,
                           struct db *to) {
    struct db_rows *r = db_query(from, t->select, "d", recording);
    enum err e = r ? OK : db_error(from);
    while (e == OK && (e = db_next(r)) == OK) {
        e = copy_row(r, t, to);
    }
    db_done(r);
    return e == ERR_UNKNOWN ? OK : e;
}

enum err catalogue_copy_rows(struct catalogue *from, struct db *to) {
    struct id_list ids = {0};
    enum err e = catalogue_ids(from, CATALOGUE_ALL, &ids);
    for (size_t i = 0; e == OK && i < ids.n; i++) {
        for (size_t t = 0; e == OK && t < ARRAY_LEN(tables); t++) {
            e = copy_table(from->db, &tables[t], &ids.p[i], to);
        }
    }
    id_list_free(&ids);
    return e;
}
