/* recordings: the library (recorder/library/library.h) on the command line. It may run beside the
 * server; use-store and use-signing-key may not. */
#include "server/cli/cli_recordings.h"

#include "base/check.h"
#include "recorder/library/library_sweep.h"
#include "recorder/writer/writer.h"
#include "server/cli/cli.h"
#include "server/cli/cli_audit.h"
#include "server/config/units.h"
#include "server/events/events_erase.h"
#include "server/os/clock.h"
#include "server/recording/database_config.h"
#include "server/recording/stores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    enum err e = library_shred_person(l, id, participant, &o);
    return e == ERR_UNSUPPORTED
               ? cli_fail(CLI_FAILED, "recordings: the person's tracks are of an earlier release,"
                                      " under the key of the recording: it can only be shredded as"
                                      " a whole")
               : told(e, id, "the person's tracks are shredded, and the name is forgotten");
}

/* Seconds of recording time, a fraction allowed. */
static bool read_seconds(const char *text, us_t *ret) {
    char *end = NULL;
    double s = strtod(text, &end);
    *ret = (us_t)(s * (double)US_PER_S);
    return end != text && !*end && s >= 0 && s < 1e9;
}

static int redact(struct library *l, char **argv) {
    struct library_span s = {.id = argv[1], .track = argv[2], .by = order_of("by order")};
    if (!read_seconds(argv[3], &s.from) || !read_seconds(argv[4], &s.to) || s.from >= s.to) {
        return cli_fail(CLI_USAGE, "recordings: redact ID TRACK FROM TO, in seconds");
    }
    enum err e = library_redact(l, &s);
    return e == ERR_UNSUPPORTED
               ? cli_fail(CLI_FAILED, "recordings: a track of an earlier release has one key: it"
                                      " can only be shredded as a whole")
               : told(e, argv[1], "redacted");
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

/* What an order needs. */
struct order {
    struct library *library;
    const struct config *config;
    struct cli_audit *audit;
};

static void say_dry(void *ctx, const char *of, const char *what, bool done) {
    (void)ctx;
    (void)done;
    printf("%s  %s\n", of, what);
}

static void say_swept(void *ctx, const char *of, const char *what, bool done) {
    say_dry(ctx, of, what, done);
    if (done) {
        (void)cli_audit_say(ctx, AUDIT_RECORDING_SWEEP, of, what, NULL);
    }
}

static bool may_sweep(void *ctx, const char *recording) {
    return cli_audit_order(ctx, recording, "recording.retention_days");
}

static const char *sweep_error(enum err e, const struct library_swept *n) {
    return e == ERR_WRONG_STATE ? n->why
           : e == ERR_BUSY      ? "the server, or somebody else, sweeps right now"
           : e != OK            ? err_name(e)
                                : "not everything could be done: sweep again";
}

static int sweep(const struct order *o, int argc, char **argv) {
    struct library_sweep s = {.order = order_of("recording.retention_days"), .ctx = o->audit};
    struct library_swept n;
    for (int i = 1; i < argc; i++) {
        bool right = strcmp(argv[i], "--clock-is-right") == 0;
        bool dry = strcmp(argv[i], "--dry-run") == 0;
        if (!right && !dry) {
            return cli_fail(CLI_USAGE, "recordings: sweep [--dry-run] [--clock-is-right]");
        }
        s.clock_is_right = s.clock_is_right || right;
        s.dry = s.dry || dry;
    }
    s.say = s.dry ? say_dry : say_swept;
    s.may = may_sweep;
    if (o->config->recording_retention_days) {
        s.before.us = s.order.at.us - us_of_days(o->config->recording_retention_days);
    }
    enum err e = library_sweep(o->library, &s, &n);
    printf("%" PRIu64 " shredded for their age, %" PRIu64 " held, %" PRIu64 " shreds finished,"
           " %" PRIu64 " of unknown age, %" PRIu64 " without a key, %" PRIu64
           " without a recording, %" PRIu64 " failed%s\n",
           n.shredded, n.held, n.finished, n.undated, n.keyless, n.orphans, n.failed,
           s.dry ? " (nothing was done)" : "");
    if (e != OK || n.failed) {
        return cli_fail(CLI_FAILED, "recordings: %s", sweep_error(e, &n));
    }
    return CLI_OK;
}

static int public_key(struct library *l) {
    char hex[65];
    if (library_public_key(l, hex) != OK) {
        return cli_fail(CLI_FAILED, "recordings: there is no signing key here yet");
    }
    printf("%s\n", hex);
    return CLI_OK;
}

/* What each order is to the audit log. */
static enum audit_action act_of(int argc, char **argv) {
    static const struct {
        const char *order;
        enum audit_action what;
    } acts[] = {{"list", AUDIT_RECORDINGS_LIST},     {"verify", AUDIT_RECORDING_VERIFY},
                {"export", AUDIT_RECORDING_EXPORT},  {"redact", AUDIT_RECORDING_REDACT},
                {"hold", AUDIT_RECORDING_HOLD},      {"release", AUDIT_RECORDING_RELEASE},
                {"sweep", AUDIT_RECORDING_SWEEP},    {"rekey", AUDIT_RECORDINGS_REKEY},
                {"use-store", AUDIT_RECORDINGS_USE}, {"use-signing-key", AUDIT_RECORDINGS_USE}};
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (strcmp(acts[i].order, argv[0]) == 0) {
            return acts[i].what;
        }
    }
    return strcmp(argv[0], "shred") != 0 ? AUDIT_NONE
           : argc == 3                   ? AUDIT_PERSON_SHRED
                                         : AUDIT_RECORDING_SHRED;
}

/* The words of the order, of which none is a secret, into out of AUDIT_TEXT_MAX + 1 bytes. */
static const char *words_of(int argc, char **argv, char *out) {
    size_t n = 0, cap = AUDIT_TEXT_MAX + 1;
    for (int i = 0; i < argc && n < cap; i++) {
        n += (size_t)snprintf(out + n, cap - n, "%s%s", i ? " " : "", argv[i]);
    }
    return out;
}

static const char *recording_of(int argc, char **argv) {
    return argc > 1 && strlen(argv[1]) == AUDIT_RECORDING_MAX ? argv[1] : NULL;
}

/* Before what cannot be undone. A sweep says it of each recording. */
static bool say_before(struct cli_audit *a, int argc, char **argv) {
    char words[AUDIT_TEXT_MAX + 1];
    bool shreds = strcmp(argv[0], "shred") == 0 || strcmp(argv[0], "redact") == 0;
    return !shreds || cli_audit_order(a, recording_of(argc, argv), words_of(argc, argv, words));
}

static void say_order(struct cli_audit *a, int argc, char **argv, int status) {
    static const char *const codes[] = {[CLI_FAILED] = "failed", [CLI_USAGE] = "not_understood"};
    char words[AUDIT_TEXT_MAX + 1];
    (void)cli_audit_say(a, act_of(argc, argv), recording_of(argc, argv),
                        words_of(argc, argv, words), codes[status]);
}

static int run(const struct order *o, int argc, char **argv) {
    struct library *l = o->library;
    if (strcmp(argv[0], "export") == 0) {
        return cli_recordings_export(l, o->config, argc, argv);
    }
    if (strcmp(argv[0], "list") == 0) {
        return cli_recordings_list(l, argc, argv);
    }
    if (strcmp(argv[0], "verify") == 0) {
        return cli_recordings_verify(l, argc, argv);
    }
    if (strcmp(argv[0], "public-key") == 0) {
        return public_key(l);
    }
    if (strcmp(argv[0], "rekey") == 0) {
        return rekey(l);
    }
    if (strcmp(argv[0], "sweep") == 0) {
        return sweep(o, argc, argv);
    }
    if (strcmp(argv[0], "shred") == 0) {
        return shred(l, argv[1], argc == 3 ? argv[2] : NULL);
    }
    if (strcmp(argv[0], "redact") == 0) {
        return redact(l, argv);
    }
    if (strcmp(argv[0], "hold") == 0) {
        return hold(l, argv[1], argv[2]);
    }
    return told(library_release(l, argv[1]), argv[1], "released");
}

static int say_store(const struct config *cfg, const struct stores *stores) {
    if (stores) {
        printf("bucket %s is the store of the recordings now\n", cfg->recording_s3_bucket);
    } else {
        printf("%s/objects is the store of the recordings now\n", cfg->recording_dir);
    }
    return CLI_OK;
}

/* After the store, or the signing key, was lost or replaced on purpose: what is there now is it. */
static int use_what_is_there(const struct config *cfg, bool store) {
    char why[WHY_MAX] = "";
    struct key_config keys;
    struct postgres_config postgres;
    config_key_config(cfg, &keys);
    struct writer_config c = {.dir = cfg->recording_dir,
                              .kek_file = cfg->recording_kek_file,
                              .keys = &keys,
                              .database = database_configured(cfg, &postgres),
                              .rng = clock_rng()};
    struct stores *stores = NULL;
    enum err e = stores_open(cfg, STORES_WRITE, NULL, &stores, why);
    c.store = stores_both(stores);
    e = e == OK ? (store ? writer_use_store : writer_use_signing_key)(&c, why) : e;
    int status = CLI_OK;
    if (e != OK) {
        status = cli_fail(CLI_FAILED, "recordings: %s", why);
    } else if (store) {
        status = say_store(cfg, stores);
    } else {
        printf("what is recorded from now on is signed by the signing key that is there now\n");
    }
    stores_close(stores);
    return status;
}

static bool known(int argc, char **argv) {
    static const struct {
        const char *name;
        int least, most; /* words after it */
    } orders[] = {{"list", 0, 32},   {"verify", 0, 32},         {"use-store", 0, 0},
                  {"rekey", 0, 0},   {"shred", 1, 2},           {"hold", 2, 2},
                  {"release", 1, 1}, {"redact", 4, 4},          {"public-key", 0, 0},
                  {"export", 3, 5},  {"use-signing-key", 0, 0}, {"sweep", 0, 2}};
    for (size_t i = 0; argc > 0 && i < ARRAY_LEN(orders); i++) {
        if (strcmp(argv[0], orders[i].name) == 0) {
            return argc - 1 >= orders[i].least && argc - 1 <= orders[i].most;
        }
    }
    return false;
}

static int with_library(struct cli_audit *a, const struct config *cfg, int argc, char **argv) {
    char why[WHY_MAX] = "";
    struct library *l = NULL;
    struct key_config keys;
    struct postgres_config postgres;
    config_key_config(cfg, &keys);
    struct library_config c = {.dir = cfg->recording_dir,
                               .kek_file = cfg->recording_kek_file,
                               .keys = &keys,
                               .database = database_configured(cfg, &postgres),
                               .rng = clock_rng()};
    c.no_key = strcmp(argv[0], "public-key") == 0; /* its public half is no secret */
    for (int i = 1; i < argc; i++) {
        c.no_key = c.no_key || strcmp(argv[i], "--no-key") == 0;
    }
    struct stores *stores = NULL;
    enum err e = stores_open(cfg, STORES_READ, NULL, &stores, why);
    c.store = stores_both(stores);
    e = e == OK ? library_open(&c, &l, why) : e;
    int status = e == OK ? run(&(struct order){l, cfg, a}, argc, argv)
                         : cli_fail(CLI_FAILED, "recordings: %s", why);
    library_close(l);
    stores_close(stores);
    return status;
}

/* What other programs were told of it, as far as it is here. */
static int erase_events(const struct config *cfg, int status) {
    char why[WHY_MAX] = "";
    enum err e = events_erase(cfg->events_file, cfg->recording_dir, why);
    return e == OK ? status
                   : cli_fail(CLI_FAILED,
                              "recordings: %s: the server erases them when it runs, or say it"
                              " again",
                              why);
}

static int obey(struct cli_audit *a, const struct config *cfg, int argc, char **argv) {
    bool store = strcmp(argv[0], "use-store") == 0;
    bool take = store || strcmp(argv[0], "use-signing-key") == 0;
    int status = take ? use_what_is_there(cfg, store) : with_library(a, cfg, argc, argv);
    bool erases = strcmp(argv[0], "shred") == 0 || strcmp(argv[0], "sweep") == 0;
    return erases ? erase_events(cfg, status) : status;
}

static int recorded(const struct config *cfg, int argc, char **argv) {
    struct cli_audit a = {0};
    bool is_act = act_of(argc, argv) != AUDIT_NONE;
    int status = is_act ? cli_audit_begin(&a, cfg) : CLI_OK;
    if (status != CLI_OK) {
        return status;
    }
    bool may = !is_act || say_before(&a, argc, argv);
    status = may ? obey(&a, cfg, argc, argv) : CLI_FAILED;
    if (is_act && may) {
        say_order(&a, argc, argv, status);
    }
    cli_audit_end(&a);
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
        return cli_fail(CLI_USAGE,
                        "recordings: say list [FILTER]..., verify ID|--all [--no-key]"
                        " [--public-key FILE] [--json], public-key,"
                        " export ID -o FILE [--layout faces|stage], shred ID [PARTICIPANT],"
                        " redact ID TRACK FROM TO, hold ID WHY, release ID,"
                        " sweep [--dry-run] [--clock-is-right], rekey,"
                        " use-store or use-signing-key");
    }
    struct config *cfg = cli_config(file);
    if (!cfg) {
        return CLI_FAILED;
    }
    int status = recorded(cfg, argc - i, argv + i);
    config_free(cfg);
    return status;
}
