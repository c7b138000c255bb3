/* Events and audit records in the database. */
#include "server/boot/ledger_config.h"
#include "server/boot/server_parts.h"
#include "server/recording/database_config.h"

#include <stdio.h>

enum err server_start_ledger(struct server *s, char why[WHY_MAX]) {
    const struct config *cfg = s->api.config;
    struct ledger_thread_config c = {.ledger = ledger_configured(cfg), .audit = s->api.audit};
    struct postgres_config database;
    snprintf(s->tours_path, sizeof(s->tours_path), "%.4000s/tours.db", cfg->state_dir);
    c.ledger.tours = s->tours_path;
    c.ledger.database = database_configured(cfg, &database);
    return c.ledger.database ? ledger_thread_start(&c, &s->api.ledger, why) : OK;
}
