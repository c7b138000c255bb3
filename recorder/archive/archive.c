#include "recorder/archive/archive.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/store/store_local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err say(char why[WHY_MAX], enum err e, const char *what, const char *path) {
    snprintf(why, WHY_MAX, "%s %.160s: %s", what, path, err_name(e));
    return e;
}

static bool make_folders(const char *dir) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path)) {
        return false;
    }
    for (char *p = path + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            mkdir(path, 0755);
            *p = '/';
        }
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

static enum err take_lock(struct archive *a, const char *dir, char why[WHY_MAX]) {
    char path[PATH_MAX];
    if (!make_folders(dir)) {
        snprintf(why, WHY_MAX, "state folder %s: %s", dir, strerror(errno));
        return ERR_IO;
    }
    snprintf(path, sizeof(path), "%s/lock", dir);
    a->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (a->lock < 0) {
        snprintf(why, WHY_MAX, "%.160s: %s", path, strerror(errno));
        return ERR_IO;
    }
    if (flock(a->lock, LOCK_EX | LOCK_NB) != 0) {
        snprintf(why, WHY_MAX, "%s: another process records here", dir);
        return ERR_WRONG_STATE;
    }
    return OK;
}

/* The folder of a store that has been in use is not made but by order: it would hide that it is
 * missing. */
static enum err open_local_store(struct archive *a, const char *path, bool make,
                                 char why[WHY_MAX]) {
    struct wraps_store known;
    struct stat st;
    bool used = !a->write || (wraps_store(a->wraps, &known) == OK && known.placed);
    if (used && !make && stat(path, &st) != 0 && errno == ENOENT) {
        snprintf(why, WHY_MAX,
                 "the object folder %.100s of the recordings here is missing. Mount or restore it"
                 " and start again; see \"The wrong store\" in docs/operations.md",
                 path);
        return ERR_WRONG_STATE;
    }
    enum err e = store_local_open(path, &a->store);
    if (e != OK) {
        return say(why, e, "object folder", path);
    }
    a->own_store = true;
    return OK;
}

static enum err open_store(struct archive *a, const struct archive_config *c, char why[WHY_MAX]) {
    char path[PATH_MAX] = "the object store";
    enum err e = OK;
    if (c->store) {
        a->store = *c->store;
    } else {
        snprintf(path, sizeof(path), "%s/objects", c->dir);
        e = open_local_store(a, path, c->take_store, why);
    }
    if (e == OK && (c->write || !c->store || !c->store_known)) {
        e = c->take_store ? archive_take_store(a, path, why) : archive_check_store(a, path, why);
    }
    if (e == OK && a->own_store && a->write) {
        store_local_clean(&a->store);
    }
    return e;
}

static enum err refuse_signer(const char *path, const char *what, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX,
             "the signing key %.160s %s. Restore it and start again; see \"The signing key\" in"
             " docs/operations.md",
             path, what);
    return ERR_CRYPTO;
}

/* One that is lost or exchanged is not replaced in silence: from then on nobody could tell what was
 * recorded here from what somebody else made. */
static enum err load_signer(struct archive *a, const char *path, bool take, char why[WHY_MAX]) {
    uint8_t known[KEY_LEN];
    enum err e = wraps_signer(a->wraps, known);
    if (e != OK && e != ERR_UNKNOWN) {
        return say(why, e, "key database of", path);
    }
    bool first = e == ERR_UNKNOWN;
    e = signer_load(path, a->write && (first || take) ? &a->rng : NULL, &a->signer, why);
    if (e == ERR_UNKNOWN && !first) {
        return refuse_signer(path, "is missing", why);
    }
    bool same = e == OK && !first && memcmp(known, a->signer.verifying, KEY_LEN) == 0;
    if (e != OK || same) {
        return e;
    }
    if (!first && !take) {
        return refuse_signer(path, "is another than the one that signed here", why);
    }
    e = a->write ? wraps_set_signer(a->wraps, a->signer.verifying) : OK;
    return e == OK ? OK : say(why, e, "key database of", path);
}

/* Who only reads can do without. */
static enum err open_signer(struct archive *a, const struct archive_config *c, char why[WHY_MAX]) {
    char path[PATH_MAX];
    if (c->keys && c->keys->signing_file && *c->keys->signing_file) {
        snprintf(path, sizeof(path), "%s", c->keys->signing_file);
    } else {
        snprintf(path, sizeof(path), "%s/signing_key", c->dir);
    }
    enum err e = load_signer(a, path, c->take_signer, why);
    a->has_signer = e == OK;
    if (e != OK) {
        mem_wipe(&a->signer, sizeof(a->signer));
    }
    return a->write ? e : OK;
}

/* A key file that is missing is made, unless something is under it: then it is lost, and another
 * one would only hide that. With older ones beside it, it is the next one. */
static enum err may_make_key(const struct archive_config *c, const struct key_config *keys,
                             bool *ret) {
    char path[PATH_MAX];
    struct wraps *w = NULL;
    bool used = true; /* what is wrong with the database is said when it is opened */
    *ret = c->create_kek && c->write;
    if (!*ret || keys->file.n_older) {
        return OK;
    }
    snprintf(path, sizeof(path), "%s/wraps.db", c->dir);
    enum err e = wraps_open(path, false, &w);
    if (e == OK) {
        e = wraps_uses(w, PROVIDER_FILE, &used);
    } else if (e == ERR_UNKNOWN) {
        used = false;
    }
    wraps_close(w);
    *ret = !used;
    return e == ERR_NOMEM ? e : OK;
}

static enum err open_key(struct archive *a, const struct archive_config *c, char why[WHY_MAX]) {
    char path[PATH_MAX];
    if (c->no_key && !c->write) {
        return OK;
    }
    struct key_config keys = c->keys ? *c->keys : (struct key_config){0};
    if (c->kek_file && *c->kek_file) {
        snprintf(path, sizeof(path), "%s", c->kek_file);
    } else {
        snprintf(path, sizeof(path), "%s/kek", c->dir);
    }
    keys.file.file = path;
    enum err e = may_make_key(c, &keys, &keys.file.create);
    e = e == OK ? vault_open(&keys, a->rng.fill ? &a->rng : NULL, &a->vault, why) : e;
    if (e == ERR_UNKNOWN && c->create_kek && !keys.file.create) {
        snprintf(why, WHY_MAX,
                 "the key file %.160s, which the recordings here are under, is missing. It is in no"
                 " backup that oriel makes: restore it and start again",
                 path);
        return ERR_CRYPTO;
    }
    return e;
}

static enum err say_database(struct archive *a, enum err e, char why[WHY_MAX]) {
    const char *said = catalogue_why(a->catalogue);
    snprintf(why, WHY_MAX, "the catalogue in the database: %.300s",
             e == ERR_WRONG_STATE && !*said ? "it is of other recordings"
             : e == ERR_UNKNOWN             ? "nothing has been recorded with it yet"
             : *said                        ? said
                                            : err_name(e));
    return e;
}

/* Tours go on without it, and what is recorded meanwhile is in journals. */
static enum err open_shared(struct archive *a, const struct postgres_config *database,
                            const char *file, char why[WHY_MAX]) {
    struct catalogue_place p = {database, file};
    enum err e = catalogue_open_shared(&p, a->write, &a->catalogue);
    e = e == OK ? catalogue_connect(a->catalogue) : e;
    return e == OK || e == ERR_IO ? OK : say_database(a, e, why);
}

/* After the store is known to be the right one. */
static enum err check_owner(struct archive *a, char why[WHY_MAX]) {
    struct wraps_store s;
    enum err e = wraps_store(a->wraps, &s);
    e = e == OK ? catalogue_belongs_to(a->catalogue, &s.id) : e == ERR_UNKNOWN ? OK : e;
    return e == OK || e == ERR_IO ? OK : say_database(a, e, why);
}

static enum err open_databases(struct archive *a, const struct archive_config *c,
                               char why[WHY_MAX]) {
    const char *dir = c->dir;
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s/wraps.db", dir);
    enum err e = wraps_open(path, a->write, &a->wraps);
    if (e == ERR_UNSUPPORTED) {
        snprintf(why, WHY_MAX, "the key database %.120s is of a later release", path);
        return e;
    }
    if (e == ERR_FORMAT) {
        snprintf(why, WHY_MAX,
                 "the key database %.120s is damaged. It is in no other place: restore it from a"
                 " backup and start again",
                 path);
        return e;
    }
    if (e != OK) {
        return say(why, e, "key database", path);
    }
    snprintf(path, sizeof(path), "%s/catalogue.db", c->dir);
    if (c->database) {
        return open_shared(a, c->database, path, why);
    }
    e = catalogue_open(path, a->write, &a->catalogue);
    /* It can be computed again, so that a damaged one is no reason to stop. */
    if (e == ERR_FORMAT && a->write && catalogue_set_aside(path)) {
        a->catalogue_lost = true;
        e = catalogue_open(path, a->write, &a->catalogue);
    }
    return e == OK ? OK : say(why, e, "catalogue", path);
}

static enum err try_key(void *ctx, const struct id *recording) {
    struct archive *a = ctx;
    struct keyset keys = {0};
    enum err e = vault_recording(a->vault, recording, &keys);
    keyset_clear(&keys);
    /* One that opens is enough, and one that does not may be damaged itself. */
    return e == OK ? ERR_EXISTS : e == ERR_AUTH || e == ERR_FORMAT ? OK : e;
}

static enum err note_one(void *ctx, const struct id *recording) {
    (void)recording;
    *(bool *)ctx = true;
    return ERR_EXISTS;
}

/* The provider does not answer, which says nothing of its key. Tours must go on: recordings wait
 * for it to begin, and what earlier runs left unfinished waits for the next start. */
static bool is_absent(enum err e) {
    return e == ERR_IO || e == ERR_AGAIN;
}

static enum err cannot_try(struct archive *a, enum err e, char why[WHY_MAX]) {
    const char *said = vault_why(a->vault);
    snprintf(why, WHY_MAX, "the key of the recordings cannot be used: %.400s",
             *said ? said : err_name(e));
    return e;
}

/* With another key than the one in use before, new recordings would part from the old ones and
 * recovery would take every old one for damaged. */
static enum err check_key(struct archive *a, char why[WHY_MAX]) {
    struct wraps_store s;
    bool any = false;
    enum err e = wraps_store(a->wraps, &s);
    if (e == OK) {
        e = vault_probe(a->vault, &s.id, &s.wrap);
        if (e == OK || is_absent(e)) {
            return OK;
        }
    }
    if (e != ERR_UNKNOWN && e != ERR_AUTH && e != ERR_FORMAT) {
        return cannot_try(a, e, why);
    }
    e = wraps_each(a->wraps, note_one, &any);
    if (any) {
        e = wraps_each(a->wraps, try_key, a);
        if (e == OK) {
            snprintf(why, WHY_MAX,
                     "the key file is not the one that the recordings here are under");
            return ERR_CRYPTO;
        }
    }
    return e == ERR_EXISTS || e == OK || is_absent(e) ? OK : cannot_try(a, e, why);
}

enum err archive_open(const struct archive_config *c, struct archive **ret, char why[WHY_MAX]) {
    snprintf(why, WHY_MAX, "out of memory");
    struct archive *a = mem_zalloc(1, sizeof(*a));
    if (!a) {
        return ERR_NOMEM;
    }
    a->lock = -1;
    a->write = c->write;
    a->rng = c->rng;
    enum err e = c->write ? take_lock(a, c->dir, why) : OK;
    e = e == OK ? open_key(a, c, why) : e;
    e = e == OK ? open_databases(a, c, why) : e;
    e = e == OK ? open_signer(a, c, why) : e;
    if (e == OK && a->vault) {
        vault_use(a->vault, a->wraps);
        e = check_key(a, why);
    }
    e = e == OK ? open_store(a, c, why) : e;
    e = e == OK && c->database ? check_owner(a, why) : e;
    if (e != OK) {
        archive_close(a);
        return e;
    }
    *why = '\0';
    *ret = a;
    return OK;
}

struct archive *archive_close(struct archive *a) {
    if (a) {
        catalogue_close(a->catalogue);
        wraps_close(a->wraps);
        if (a->own_store) {
            store_local_close(&a->store);
        }
        if (a->lock >= 0) {
            close(a->lock);
        }
        vault_close(a->vault);
        mem_wipe(&a->signer, sizeof(a->signer));
        mem_free(a->trusted);
        mem_free(a);
    }
    return NULL;
}

enum err archive_create(struct archive *a, struct id *ret, struct key_ring *ret_ring) {
    struct id id = id_random(&a->rng);
    enum err e = key_ring_new(ret_ring, a->vault, &id);
    if (e == OK) {
        *ret = id;
    }
    return e;
}

enum err archive_ring(struct archive *a, const struct id *recording, struct key_ring *ret) {
    if (!a->vault) {
        memset(ret, 0, sizeof(*ret));
        return ERR_DENIED;
    }
    return key_ring_open(ret, a->vault, recording);
}

static uint64_t subject_of(const struct entry_track *t) {
    return id_eq(&t->track, &ID_PROGRAMME) ? 0 : t->participant;
}

enum err archive_ring_track(struct key_ring *r, const struct entry_track *t) {
    return key_ring_track(
        r, &(struct ring_track){.track = t->track, .subject = subject_of(t), .keys = t->keys});
}

enum err archive_ring_add(struct key_ring *r, const struct entry_track *t) {
    return key_ring_add_subject(r, subject_of(t));
}

static enum err note_track(void *ctx, const struct track_row *r) {
    return archive_ring_track(ctx, &r->track);
}

enum err archive_ring_of_rows(struct archive *a, const struct id *recording, struct key_ring *ret) {
    enum err e = archive_ring(a, recording, ret);
    e = e == OK ? catalogue_tracks(a->catalogue, recording, note_track, ret) : e;
    if (e != OK) {
        key_ring_close(ret);
    }
    return e;
}

struct object_access archive_access(const struct archive *a, struct key_ring *r) {
    return (struct object_access){&a->store, key_ring_objects(r), &a->rng};
}
