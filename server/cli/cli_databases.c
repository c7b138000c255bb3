#include "server/cli/cli_databases.h"

#include "server/config/config.h"
#include "server/events/event_store.h"
#include "server/os/files.h"
#include "server/tours/tours_db.h"

#include <limits.h>
#include <stdio.h>

struct place {
    const char *name; /* in the folder */
    char path[PATH_MAX];
    enum err (*copy)(const char *from, const char *to);
};
#define PLACES 2

static void places_of(const struct config *cfg, struct place ret[PLACES]) {
    ret[0].name = "tours.db";
    ret[0].copy = tours_db_copy;
    snprintf(ret[0].path, PATH_MAX, "%s/tours.db", cfg->state_dir);
    ret[1].name = "events.db";
    ret[1].copy = event_store_copy;
    snprintf(ret[1].path, PATH_MAX, "%s", cfg->events_file);
}

static enum err copy(const struct place *p, const char *from, const char *to, char why[WHY_MAX]) {
    enum err e = p->copy(from, to);
    if (e == ERR_UNKNOWN) { /* there is none */
        return OK;
    }
    if (e != OK) {
        snprintf(why, WHY_MAX, "copying %.150s to %.150s: %s", from, to, err_name(e));
    }
    return e;
}

enum err cli_databases_out(void *ctx, const char *folder, char why[WHY_MAX]) {
    struct place all[PLACES];
    enum err e = OK;
    places_of(ctx, all);
    for (size_t i = 0; i < PLACES && e == OK; i++) {
        char to[PATH_MAX + 16];
        snprintf(to, sizeof(to), "%s/%s", folder, all[i].name);
        e = copy(&all[i], all[i].path, to, why);
    }
    return e;
}

static enum err bring_back(const struct place *p, const char *folder, char why[WHY_MAX]) {
    char from[PATH_MAX + 16];
    snprintf(from, sizeof(from), "%s/%s", folder, p->name);
    if (files_make_parents(p->path) != OK) {
        snprintf(why, WHY_MAX, "%.300s: the folder cannot be made", p->path);
        return ERR_IO;
    }
    enum err e = copy(p, from, p->path, why);
    if (e == ERR_EXISTS) {
        fprintf(stderr, "restore: %s is there, and stays as it is\n", p->path);
        return OK;
    }
    return e;
}

enum err cli_databases_in(void *ctx, const char *folder, char why[WHY_MAX]) {
    struct place all[PLACES];
    enum err e = OK;
    places_of(ctx, all);
    for (size_t i = 0; i < PLACES && e == OK; i++) {
        e = bring_back(&all[i], folder, why);
    }
    return e;
}
