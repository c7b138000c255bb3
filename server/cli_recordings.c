/* recordings: the library (recorder/library/library.h) on the command line. It may run beside the
 * server; use-store may not. */
#include "server/cli.h"

#include "base/alloc.h"
#include "base/check.h"
#include "recorder/library/library.h"
#include "recorder/writer/writer.h"
#include "server/clock.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE 200 /* recordings per query */

static int64_t number_of(const json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}

static const char *text_of(const json_t *o, const char *key) {
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "-";
}

static json_t *page(struct library *l, unsigned offset) {
    char *text = library_list_json(l, PAGE, offset);
    json_t *o = text ? json_loads(text, 0, NULL) : NULL;
    mem_free(text);
    return o;
}

static void print_row(const json_t *r) {
    json_t *started = json_object_get(r, "started");
    printf("%s  %-24s  ", text_of(r, "id"), text_of(r, "tour"));
    if (json_is_string(started)) {
        printf("%-24s", json_string_value(started));
    } else {
        printf("%-24" PRId64, (int64_t)json_integer_value(started));
    }
    printf("  %8.1f s  %10" PRId64 " B  %s\n", (double)number_of(r, "duration_ms") / 1000.0,
           number_of(r, "bytes"), text_of(r, "state"));
}

/* Call `each` for every recording, newest first; false when the catalogue cannot be read. */
static bool walk(struct library *l, void (*each)(void *ctx, json_t *recording), void *ctx) {
    size_t n = PAGE;
    for (unsigned offset = 0; n == PAGE; offset += PAGE) {
        json_t *o = page(l, offset);
        json_t *list = json_object_get(o, "recordings");
        if (!json_is_array(list)) {
            json_decref(o);
            cli_fail(CLI_FAILED, "recordings: the catalogue cannot be read");
            return false;
        }
        n = json_array_size(list);
        for (size_t i = 0; i < n; i++) {
            each(ctx, json_array_get(list, i));
        }
        json_decref(o);
    }
    return true;
}

static void each_row(void *ctx, json_t *recording) {
    (void)ctx;
    print_row(recording);
}

static void each_json(void *ctx, json_t *recording) {
    json_array_append(ctx, recording);
}

static int list(struct library *l, bool json) {
    json_t *all = json_array();
    bool ok = json ? walk(l, each_json, all) : walk(l, each_row, NULL);
    if (ok && json) {
        json_t *o = json_pack("{s:O}", "recordings", all);
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(o);
    }
    json_decref(all);
    return ok ? CLI_OK : CLI_FAILED;
}

static void say(void *ctx, const char *object, const char *what) {
    printf("%s  %s: %s\n", (const char *)ctx, object, what);
}

struct verify {
    struct library *library;
    unsigned good, bad;
};

static int verify_one(struct library *l, const char *id) {
    char name[RECORDING_ID_LEN + 1];
    snprintf(name, sizeof(name), "%.32s", id);
    enum err e = library_verify(l, id, say, name);
    if (e == OK) {
        printf("%s  ok\n", name);
        return CLI_OK;
    }
    if (e == ERR_AUTH) {
        printf("%s  DAMAGED\n", name);
        return CLI_FAILED;
    }
    return cli_fail(CLI_FAILED, "recordings: %s: %s", name,
                    e == ERR_UNKNOWN ? "there is no such recording" : err_name(e));
}

static void each_verify(void *ctx, json_t *recording) {
    struct verify *v = ctx;
    bool ok = verify_one(v->library, text_of(recording, "id")) == CLI_OK;
    v->good += ok;
    v->bad += !ok;
}

static int verify_all(struct library *l) {
    struct verify v = {l, 0, 0};
    if (!walk(l, each_verify, &v)) {
        return CLI_FAILED;
    }
    printf("%u ok, %u damaged\n", v.good, v.bad);
    return v.bad ? CLI_FAILED : CLI_OK;
}

/* Who orders, for the record: the account that runs the command. */
static struct library_order order_of(const char *why) {
    const char *who = getenv("SUDO_USER");
    who = who && *who ? who : getenv("USER");
    return (struct library_order){who && *who ? who : "unknown", why, clock_wall()};
}

static int told(enum err e, const char *id, const char *done) {
    if (e == OK) {
        printf("%.32s  %s\n", id, done);
        return CLI_OK;
    }
    const char *what = e == ERR_UNKNOWN       ? "there is no such thing"
                       : e == ERR_DENIED      ? "it is held: release it first"
                       : e == ERR_WRONG_STATE ? "it is being made"
                       : e == ERR_BUSY ? "somebody reads the key database: say it again to finish"
                                       : err_name(e);
    return cli_fail(CLI_FAILED, "recordings: %.32s: %s", id, what);
}

static int shred(struct library *l, const char *id, const char *person) {
    struct library_order o = order_of("by order");
    char *end = NULL;
    if (!person) {
        return told(library_shred(l, id, &o), id, "shredded");
    }
    unsigned long long participant = strtoull(person, &end, 16);
    if (end == person || *end || strlen(person) != 16) {
        return cli_fail(CLI_USAGE, "recordings: a participant is 16 hex digits, as \"verify\" and"
                                   " the API show them");
    }
    return told(library_shred_person(l, id, participant, &o), id,
                "the person's tracks are shredded");
}

static int hold(struct library *l, const char *id, const char *why) {
    struct library_order o = order_of(why);
    return told(library_hold(l, id, &o), id, "held");
}

static int rekey(struct library *l) {
    struct library_rekeyed n;
    enum err e = library_rekey(l, &n);
    printf("%" PRIu64 " keys looked at, %" PRIu64 " wrapped again, %" PRIu64 " failed\n", n.rows,
           n.wrapped, n.failed);
    if (e != OK || n.failed) {
        const char *why = library_why(l);
        return cli_fail(CLI_FAILED, "recordings: %s", *why ? why : err_name(e));
    }
    return CLI_OK;
}

static int run(struct library *l, int argc, char **argv) {
    if (strcmp(argv[0], "list") == 0) {
        return list(l, argc == 2);
    }
    if (strcmp(argv[0], "rekey") == 0) {
        return rekey(l);
    }
    if (strcmp(argv[0], "shred") == 0) {
        return shred(l, argv[1], argc == 3 ? argv[2] : NULL);
    }
    if (strcmp(argv[0], "hold") == 0) {
        return hold(l, argv[1], argv[2]);
    }
    if (strcmp(argv[0], "release") == 0) {
        return told(library_release(l, argv[1]), argv[1], "released");
    }
    return strcmp(argv[1], "--all") == 0 ? verify_all(l) : verify_one(l, argv[1]);
}

/* After the store was lost or replaced on purpose: what is there now is the store. */
static int use_store(const struct config *cfg) {
    char why[WHY_MAX] = "";
    struct key_config keys;
    config_key_config(cfg, &keys);
    struct writer_config c = {
        .dir = cfg->rec_dir, .kek_file = cfg->rec_kek_file, .keys = &keys, .rng = clock_rng()};
    if (writer_use_store(&c, why) != OK) {
        return cli_fail(CLI_FAILED, "recordings: %s", why);
    }
    printf("%s/objects is the store of the recordings now\n", cfg->rec_dir);
    return CLI_OK;
}

static bool known(int argc, char **argv) {
    static const struct {
        const char *name;
        int least, most; /* words after it */
    } orders[] = {{"list", 0, 1},  {"verify", 1, 1}, {"use-store", 0, 0}, {"rekey", 0, 0},
                  {"shred", 1, 2}, {"hold", 2, 2},   {"release", 1, 1}};
    for (size_t i = 0; argc > 0 && i < ARRAY_LEN(orders); i++) {
        if (strcmp(argv[0], orders[i].name) == 0) {
            bool json = i > 0 || argc == 1 || strcmp(argv[1], "--json") == 0;
            return json && argc - 1 >= orders[i].least && argc - 1 <= orders[i].most;
        }
    }
    return false;
}

static int with_library(const struct config *cfg, int argc, char **argv) {
    char why[WHY_MAX] = "";
    struct library *l = NULL;
    struct key_config keys;
    config_key_config(cfg, &keys);
    struct library_config c = {
        .dir = cfg->rec_dir, .kek_file = cfg->rec_kek_file, .keys = &keys, .rng = clock_rng()};
    if (library_open(&c, &l, why) != OK) {
        return cli_fail(CLI_FAILED, "recordings: %s", why);
    }
    int status = run(l, argc, argv);
    library_close(l);
    return status;
}

int cli_recordings(int argc, char **argv) {
    const char *file = NULL;
    int i = 1;
    if (i < argc && strcmp(argv[i], "-c") == 0) {
        file = cli_value(argc, argv, &i);
        if (!file) {
            return CLI_USAGE;
        }
        i++;
    }
    if (!known(argc - i, argv + i)) {
        return cli_fail(
            CLI_USAGE,
            "recordings: say list [--json], verify ID, verify --all, shred ID [PARTICIPANT],"
            " hold ID WHY, release ID, rekey or use-store");
    }
    struct config *cfg = cli_config(file);
    if (!cfg) {
        return CLI_FAILED;
    }
    bool take = strcmp(argv[i], "use-store") == 0;
    int status = take ? use_store(cfg) : with_library(cfg, argc - i, argv + i);
    config_free(cfg);
    return status;
}
