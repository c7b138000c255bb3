#include "server/cli/cli_audit.h"

#include "base/bytes.h"
#include "recorder/seal/signer.h"
#include "server/boot/audit_config.h"
#include "server/cli/cli.h"
#include "server/os/clock.h"

#include <stdlib.h>

static const char *account(void) {
    const char *who = getenv("SUDO_USER");
    who = who && *who ? who : getenv("USER");
    return who && *who ? who : "unknown";
}

int cli_audit_begin(struct cli_audit *a, const struct config *cfg) {
    char why[WHY_MAX] = "", unsaid[WHY_MAX];
    struct audit_paths paths;
    struct signing_key key;
    *a = (struct cli_audit){.who = account(), .mandatory = cfg->audit_mandatory};
    if (!cfg->audit_enabled) {
        return CLI_OK;
    }
    const struct audit_config c = audit_configured(cfg, &paths);
    /* Who has no key leaves signing to the server. */
    bool can_sign = signer_load(c.key_file, NULL, &key, unsaid) == OK;
    enum err e = audit_log_open(&c.log, can_sign ? &key : NULL, clock_wall(), &a->log, why);
    mem_wipe(&key, sizeof(key));
    if (e == OK) {
        return CLI_OK;
    }
    (void)cli_fail(CLI_FAILED, "%s: this is not recorded", why);
    return cfg->audit_mandatory ? CLI_FAILED : CLI_OK;
}

bool cli_audit_say(struct cli_audit *a, enum audit_action what, const char *recording,
                   const char *detail, const char *code) {
    struct audit_entry entry;
    const struct audit_act act = {.what = what,
                                  .code = code,
                                  .sub = a->who,
                                  .role = "operator",
                                  .recording = recording,
                                  .detail = detail};
    if (!a->log) {
        return true;
    }
    audit_entry_of(&act, clock_wall(), false, &entry);
    enum err e = audit_log_put(a->log, clock_wall(), &entry, 1);
    if (e != OK) {
        (void)cli_fail(CLI_FAILED, "the audit log: %s: this is not recorded", err_name(e));
    }
    return e == OK;
}

bool cli_audit_order(struct cli_audit *a, const char *recording, const char *detail) {
    return cli_audit_say(a, AUDIT_SHRED_ORDER, recording, detail, NULL) || !a->mandatory;
}

void cli_audit_end(struct cli_audit *a) {
    if (a->log) {
        (void)audit_log_checkpoint(a->log, clock_wall());
        a->log = audit_log_close(a->log);
    }
}
