#include "server/boot/ledger_config.h"

#include "server/config/units.h"

struct ledger_config ledger_configured(const struct config *c) {
    return (struct ledger_config){
        .events = c->events_file,
        .tours = "",
        .audit = c->audit_enabled ? c->audit_dir : "",
        .keep_events = us_of_days(c->events_keep_days),
        .keep_audit = us_of_days(c->audit_keep_days),
    };
}
