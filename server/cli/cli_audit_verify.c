#include "server/cli/cli_audit_parts.h"

#include "base/alloc.h"
#include "base/json_write.h"
#include "base/ulid.h"
#include "recorder/library/library.h"
#include "recorder/library/library_state.h"
#include "recorder/seal/signer.h"
#include "server/boot/audit_config.h"
#include "server/cli/cli.h"
#include "server/ledger/ledger_chain.h"
#include "server/os/clock.h"
#include "server/os/files.h"
#include "server/recording/database_config.h"
#include "server/recording/public_keys.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define TRIES 3 /* of a log that is being written */

static void take(struct audit_chain *c, const struct library_signers *keys) {
    _Static_assert(LIBRARY_SIGNERS_MAX <= AUDIT_KEYS_MAX, "all of them fit");
    for (size_t i = 0; i < keys->n; i++) {
        memcpy(c->keys[c->n_keys++], keys->keys[i], KEY_LEN);
    }
}

static int keys_of_file(struct audit_chain *c, const char *file) {
    struct library_signers keys = {0};
    char *text = NULL;
    size_t n = 0;
    enum err e = files_read(file, PUBLIC_KEYS_FILE_MAX, &text, &n);
    e = e == OK ? public_keys_read(text, n, &keys) : e;
    mem_free(text);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "audit: %s: no Ed25519 public keys: %s", file, err_name(e));
    }
    take(c, &keys);
    return CLI_OK;
}

/* Those that have signed here: the present one, and before a change of it others. */
static int our_keys(struct audit_chain *c, const struct config *cfg) {
    char why[WHY_MAX] = "";
    struct audit_paths paths;
    struct signing_key key;
    struct library *l = NULL;
    struct library_signers keys = {0};
    struct postgres_config postgres;
    const struct library_config lc = {.database = database_configured(cfg, &postgres),
                                      .dir = cfg->recording_dir,
                                      .no_key = true,
                                      .rng = clock_rng()};
    if (library_open(&lc, &l, why) == OK && library_signers(l, &keys) == OK) {
        take(c, &keys);
    }
    library_close(l);
    const struct audit_config ac = audit_configured(cfg, &paths);
    if (c->n_keys < AUDIT_KEYS_MAX && signer_load(ac.key_file, NULL, &key, why) == OK) {
        memcpy(c->keys[c->n_keys++], key.verifying, KEY_LEN);
        mem_wipe(&key, sizeof(key));
    }
    return c->n_keys > 0
               ? CLI_OK
               : cli_fail(CLI_FAILED,
                          "audit: there is no signing key here: say --public-key FILE, or --no-key"
                          " to check no signature (%s)",
                          why);
}

/* What the outcome rests on, in the words of --json. */
struct verdict {
    const char *name; /* of the chain in the database; NULL: it is of files */
    enum audit_fault fault;
    struct audit_place at;
    const struct audit_chain *chain;
};

static void print_json(const struct verdict *v) {
    struct buffer b = {0};
    char hash[2 * SHA256_LEN + 1];
    const struct audit_chain *c = v->chain;
    hex_encode(hash, c->last.hash, SHA256_LEN);
    json_open(&b, NULL, '{');
    if (v->name) {
        json_put_string(&b, "chain", v->name);
    }
    json_put_string(&b, "result", audit_fault_word(v->fault));
    json_put_uint(&b, "first", c->first);
    json_put_uint(&b, "last", c->last.number);
    json_put_string(&b, "hash", hash);
    json_put_uint(&b, "records", c->records);
    json_put_uint(&b, "signatures", c->signatures);
    json_put_uint(&b, "signed_upto", c->signed_upto);
    if (v->fault != AUDIT_SOUND && !v->name) {
        json_put_string(&b, "file", v->at.file);
        json_put_uint(&b, "line", v->at.line);
    }
    if (v->fault != AUDIT_SOUND) {
        json_put_string(&b, "why", audit_fault_what(v->fault));
    }
    json_close(&b, '}');
    printf("%s\n", b.bad ? "" : b.p);
    buffer_free(&b);
}

static void print_text(const struct verdict *v) {
    const struct audit_chain *c = v->chain;
    char hash[2 * SHA256_LEN + 1];
    if (v->name) {
        printf("chain  %s\n", v->name);
    }
    if (v->fault != AUDIT_SOUND && v->name) {
        printf("NOT SOUND  after record %" PRIu64 ": %s (%s)\n", c->last.number,
               audit_fault_what(v->fault), audit_fault_word(v->fault));
        return;
    }
    if (v->fault != AUDIT_SOUND) {
        printf("NOT SOUND  %s line %" PRIu64 ", after record %" PRIu64 ": %s (%s)\n",
               *v->at.file ? v->at.file : "-", v->at.line, c->last.number,
               audit_fault_what(v->fault), audit_fault_word(v->fault));
        return;
    }
    hex_encode(hash, c->last.hash, SHA256_LEN);
    printf("sound  %" PRIu64 " records, %" PRIu64 " to %" PRIu64 ", %" PRIu64
           " signatures%s; %" PRIu64 " at the end are not signed yet\n",
           c->records, c->first, c->last.number, c->signatures, c->any_key ? " (not checked)" : "",
           c->last.number - (c->signed_upto ? c->signed_upto : c->first - (c->first > 0)));
    printf("head   %" PRIu64 ":%s\n", c->last.number, hash);
}

static enum audit_fault check_file(struct verdict *v, struct audit_chain *c, const char *path) {
    char dir[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    const char *name = slash ? slash + 1 : path;
    enum audit_fault f = audit_walk_file(*dir ? dir : "/", name, c, &v->at);
    f = f == AUDIT_SOUND ? audit_chain_end(c) : f;
    return f == AUDIT_BEHEADED ? AUDIT_SOUND : f; /* the others are not looked at */
}

static enum audit_fault check_once(struct verdict *v, struct audit_chain *c, const char *dir) {
    struct audit_record head;
    enum err e = audit_head_read(dir, &head);
    if (e == OK) {
        c->known[0].number = head.number;
        memcpy(c->known[0].hash, head.hash, SHA256_LEN);
    } else if (e != ERR_UNKNOWN) {
        snprintf(v->at.file, sizeof(v->at.file), "head");
        v->at.line = 1;
        return e == ERR_AUTH ? AUDIT_CHANGED : e == ERR_IO ? AUDIT_UNREADABLE : AUDIT_MALFORMED;
    }
    enum audit_fault f = audit_walk(dir, c, NULL, NULL, &v->at);
    return f == AUDIT_SOUND ? audit_chain_end(c) : f;
}

/* A line may be under way, or a file may just have been removed for its age: what a crash or
 * somebody has done is there the next time, too. */
static enum audit_fault check_all(struct verdict *v, struct audit_chain *c, const char *dir) {
    const struct audit_chain fresh = *c;
    enum audit_fault f = check_once(v, c, dir);
    for (int i = 0; i < TRIES && (f == AUDIT_TORN || f == AUDIT_UNREADABLE); i++) {
        *c = fresh;
        f = check_once(v, c, dir);
    }
    return f;
}

/* ---- in the database ---- */

struct chains {
    struct db *db;
    const struct cli_audit_words *words;
    const struct audit_chain *fresh;
    char (*names)[ULID_CHARS + 1];
    size_t n;
    bool bad; /* memory is out */
};

static void take_name(void *ctx, const char *name) {
    struct chains *x = ctx;
    void *p = mem_realloc(x->names, (x->n + 1) * sizeof(x->names[0]));
    x->bad = x->bad || !p;
    if (p) {
        x->names = p;
        snprintf(x->names[x->n++], sizeof(x->names[0]), "%s", name);
    }
}

/* Each for itself: they are of different servers, and of none does a part make up for another. */
static int check_chain(const struct chains *x, const char *name) {
    struct audit_chain c = *x->fresh;
    struct verdict v = {.name = name, .chain = &c};
    enum err e = ledger_chain_walk(x->db, name, &c, &v.fault);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "audit: the database: %s", err_name(e));
    }
    (x->words->json ? print_json : print_text)(&v);
    return v.fault == AUDIT_SOUND ? CLI_OK : CLI_FAILED;
}

static int check_database(const struct config *cfg, const struct audit_chain *fresh,
                          const struct cli_audit_words *w) {
    char why[WHY_MAX] = "";
    struct postgres_config postgres;
    struct chains x = {.words = w, .fresh = fresh};
    const struct postgres_config *database = database_configured(cfg, &postgres);
    if (!database) {
        return cli_fail(CLI_FAILED, "audit: there is no database (database.url)");
    }
    enum err e = ledger_chains_open(database, &x.db, why);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "audit: the database: %s", why);
    }
    e = ledger_chains_each(x.db, take_name, &x);
    int status = e != OK || x.bad ? cli_fail(CLI_FAILED, "audit: the database: %s",
                                             err_name(e != OK ? e : ERR_NOMEM))
                                  : CLI_OK;
    for (size_t i = 0; i < x.n && !x.bad && e == OK; i++) {
        int one = check_chain(&x, x.names[i]);
        status = one != CLI_OK ? one : status;
    }
    mem_free(x.names);
    ledger_chains_close(x.db);
    return status;
}

int cli_audit_verify(const struct config *cfg, const struct cli_audit_words *w) {
    struct audit_chain c = {.any_key = w->no_key};
    struct verdict v = {.chain = &c};
    int status = w->keys ? keys_of_file(&c, w->keys) : w->no_key ? CLI_OK : our_keys(&c, cfg);
    if (status != CLI_OK) {
        return status;
    }
    c.known[1] = w->known;
    if (w->database) {
        return check_database(cfg, &c, w);
    }
    v.fault = w->file ? check_file(&v, &c, w->file) : check_all(&v, &c, w->dir);
    if (v.fault == AUDIT_UNREADABLE && !c.records) {
        return cli_fail(CLI_FAILED, "audit: %s: cannot be read", w->file ? w->file : w->dir);
    }
    (w->json ? print_json : print_text)(&v);
    return v.fault == AUDIT_SOUND ? CLI_OK : CLI_FAILED;
}
