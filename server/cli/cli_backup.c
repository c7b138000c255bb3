/* backup and restore: the recordings' state directory, and the databases beside it, to a folder and
 * back. */
#include "server/cli/cli.h"

#include "recorder/library/library.h"
#include "server/cli/cli_audit.h"
#include "server/cli/cli_databases.h"
#include "server/events/events_erase.h"
#include "server/os/clock.h"
#include "server/recording/database_config.h"
#include "server/recording/stores.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What both understand; word is the one that is no option. */
struct words {
    const char *config, *shredded, *word;
    bool without_objects;
};

static bool read_words(int argc, char **argv, struct words *ret) {
    bool restore = strcmp(argv[0], "restore") == 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-c") == 0) {
            ret->config = cli_value(argc, argv, &i);
        } else if (restore && strcmp(argv[i], "--shredded") == 0) {
            ret->shredded = cli_value(argc, argv, &i);
        } else if (!restore && strcmp(argv[i], "--without-objects") == 0) {
            ret->without_objects = true;
        } else if (argv[i][0] != '-' && !ret->word) {
            ret->word = argv[i];
        } else {
            return false;
        }
        if (i >= argc) {
            return false;
        }
    }
    return ret->word != NULL;
}

static int backup(const struct config *cfg, const struct words *x) {
    char why[WHY_MAX] = "";
    struct library *l = NULL;
    struct stores *stores = NULL;
    struct library_copied n = {0};
    struct postgres_config postgres;
    struct library_config c = {
        .dir = cfg->recording_dir, .no_key = true, .database = database_configured(cfg, &postgres)};
    struct library_backup b = {cfg->recording_dir,
                               x->word,
                               !x->without_objects,
                               clock_wall(),
                               {cli_databases_out, (void *)cfg}};
    enum err e = stores_open(cfg, STORES_READ, NULL, &stores, why);
    c.store = stores_both(stores);
    e = e == OK ? library_open(&c, &l, why) : e;
    e = e == OK ? library_backup(l, &b, &n, why) : e;
    library_close(l);
    stores_close(stores);
    if (e != OK) {
        return cli_fail(CLI_FAILED, "backup: %s", why);
    }
    printf("%s: %" PRIu64 " recordings, %" PRIu64 " objects, %" PRIu64 " bytes. The key that wraps"
           " is not in it: keep it elsewhere\n",
           x->word, n.recordings, n.objects, n.bytes);
    if (n.waiting) {
        fprintf(stderr, "backup: objects wait in the spool folder for the bucket and are not in the"
                        " backup: copy them with it, or make another when they are uploaded\n");
    }
    return CLI_OK;
}

static int restore(const struct config *cfg, const struct words *x) {
    char why[WHY_MAX] = "";
    struct library_copied n;
    struct library_restore r = {
        x->word, cfg->recording_dir, x->shredded, {cli_databases_in, (void *)cfg}};
    enum err e = library_restore(&r, &n, why);
    e = e == OK ? events_erase(cfg->events_file, cfg->recording_dir, why) : e;
    if (e != OK) {
        return cli_fail(CLI_FAILED, "restore: %s", why);
    }
    printf("%s: %" PRIu64 " objects, %" PRIu64 " bytes; %" PRIu64 " erased again\n",
           cfg->recording_dir, n.objects, n.bytes, n.erased);
    if (n.other_key) {
        fprintf(stderr,
                "restore: %" PRIu64 " redacted recordings or people are under the key of %s, which"
                " is another than that of the backup: both are needed (recording.keys)\n",
                n.other_key, x->shredded);
    }
    return CLI_OK;
}

static int with_config(int argc, char **argv,
                       int (*run)(const struct config *cfg, const struct words *x)) {
    struct words x = {0};
    if (!read_words(argc, argv, &x)) {
        return cli_fail(CLI_USAGE, "%s: say %s [-c FILE] %s DIR", argv[0], argv[0],
                        run == backup ? "[--without-objects]" : "[--shredded WRAPS.DB]");
    }
    struct config *cfg = cli_config(x.config);
    struct cli_audit a = {0};
    int status = cfg ? cli_audit_begin(&a, cfg) : CLI_FAILED;
    if (status == CLI_OK) {
        status = run(cfg, &x);
        (void)cli_audit_say(&a, run == backup ? AUDIT_BACKUP : AUDIT_RESTORE, NULL, x.word,
                            status == CLI_OK ? NULL : "failed");
    }
    cli_audit_end(&a);
    config_free(cfg);
    return status;
}

int cli_backup(int argc, char **argv) {
    return with_config(argc, argv, backup);
}

int cli_restore(int argc, char **argv) {
    return with_config(argc, argv, restore);
}
