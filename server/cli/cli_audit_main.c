/* audit: read the log, and check it. It may run beside the server. */
#include "server/cli/cli_audit_parts.h"

#include "server/boot/audit_config.h"
#include "server/cli/cli.h"

#include <stdio.h>
#include <string.h>

static int usage(void) {
    return cli_fail(
        CLI_USAGE,
        "audit: say verify [--dir DIR | --file FILE | --database] [--public-key FILE | --no-key]"
        " [--known NUMBER:HASH] [--json], or list [--dir DIR] [--who WHO]"
        " [--what WORD] [--recording ID] [--tour T] [--outcome done|refused]"
        " [--since TIME] [--until TIME] [--json]");
}

int cli_audit(int argc, char **argv) {
    struct cli_audit_words w = {0};
    int i = 1;
    for (; i < argc && strcmp(argv[i], "-c") == 0; i++) {
        w.config = cli_value(argc, argv, &i);
        if (!w.config) {
            return CLI_USAGE;
        }
    }
    bool verify = i < argc && strcmp(argv[i], "verify") == 0;
    if (!verify && (i >= argc || strcmp(argv[i], "list") != 0)) {
        return usage();
    }
    if (!cli_audit_read(argc - i, argv + i, &w)) {
        return usage();
    }
    struct config *cfg = NULL;
    /* A log and keys that somebody brought need nothing of ours. */
    if (!w.dir || (verify && !w.keys && !w.no_key)) {
        cfg = cli_config(w.config);
        if (!cfg) {
            return CLI_FAILED;
        }
    }
    w.dir = w.dir ? w.dir : cfg->audit_dir;
    int status = verify ? cli_audit_verify(cfg, &w) : cli_audit_list(&w);
    config_free(cfg);
    return status;
}
