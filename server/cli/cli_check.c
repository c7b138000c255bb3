/* oriel check-config. */
#include "server/cli/cli.h"

#include "server/auth/authority.h"
#include "server/auth/tls.h"
#include "server/auth/turn.h"
#include "server/boot/secret_files.h"
#include "server/recording/stores.h"

#include <stdio.h>

int cli_check_config(int argc, char **argv) {
    char why[WHY_MAX] = "";
    if (argc != 2) {
        return cli_fail(CLI_USAGE, "check-config needs one file (see oriel check-config --help)");
    }
    struct config *cfg = cli_config(argv[1]);
    if (!cfg) {
        return CLI_FAILED;
    }
    int status = CLI_OK;
    struct turn *turn = NULL;
    if (secret_files_check(cfg, why) != OK || stores_check(cfg, why) != OK) {
        status = cli_fail(CLI_FAILED, "%s", why);
    } else if (*cfg->tls_cert && tls_check(cfg->tls_cert, cfg->tls_key, why) != OK) {
        status = cli_fail(CLI_FAILED, "%s", why);
    } else if (authority_check(cfg, why) != OK) {
        status = cli_fail(CLI_FAILED, "%s", *why ? why : "out of memory");
    } else if (turn_new(cfg, &turn, why) != OK) {
        status = cli_fail(CLI_FAILED, "%s", why);
    } else {
        printf("%s: ok\n", argv[1]);
    }
    turn_free(turn);
    config_free(cfg);
    return status;
}
