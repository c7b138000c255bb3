#include "server/cli/cli_main.h"

#include "base/check.h"
#include "server/cli/cli.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *usage, *what;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"serve", "serve -c FILE [--lan ADDRESS] [--supervise]",
     "Run the server until SIGTERM. --lan serves a local network: TLS on port 8443 with a\n"
     "certificate made for ADDRESS, media on ADDRESS. --supervise starts it again when it dies,\n"
     "and keeps its sockets meanwhile: where nobody else does, as in a container. SIGHUP reads\n"
     "the TLS files, auth and log.level again.",
     cli_serve},
    {"check-config", "check-config FILE",
     "Say what is wrong with a configuration, with line numbers.", cli_check_config},
    {"token",
     "token -c FILE --role buyer|agent|ops --tour T [--sub S] [--name N] [--ttl SECONDS]\n"
     "    [--can OBJECT] |\n"
     "    -c FILE --role service --scope WORDS [--tour T] [--sub S] [--ttl SECONDS]",
     "Print a signed token. --sub is the seat (default: a new one), --ttl its life (default\n"
     "3600), --can what of its owner's rights it withholds, as {\"audio\":\"receive\"}. An ops\n"
     "token without --tour is for every tour, and so is that of a service: a program that may\n"
     "do what the words say, as \"tours:read tours:write\".",
     cli_token},
    {"drain", "drain [-c FILE] [--deadline TIME] [--wait] | [-c FILE] --cancel",
     "Empty the server that runs with this configuration, before it goes away: no tour begins\n"
     "any more, and those that run end when they would, or by the deadline: 90s, 30m, 2h;\n"
     "without one drain.deadline_s. Said again, the sooner counts. --wait: until nothing runs and\n"
     "no recording is being written; 1 when it does not come to that. --cancel: tours begin\n"
     "again.",
     cli_drain},
    {"recordings",
     "recordings [-c FILE] list [FILTER]... | verify ID|--all |\n"
     "    export ID -o FILE [--layout faces|stage] | shred ID [PARTICIPANT] |\n"
     "    hold ID WHY | release ID | rekey | use-store | use-signing-key",
     "List recordings, newest first: --tour T, --find WORDS, --person WORDS, --state S,\n"
     "--from TIME, --to TIME, --limit N. Check every object, the journal and the manifest of one\n"
     "or all: 1 when anything is damaged. Both print JSON with --json. Write one MP4 of a\n"
     "recording to a file. Shred a recording or a person, keep one from being shredded, wrap all\n"
     "keys again; order that the object store, or the signing key, that is there now is the\n"
     "right one (docs/operations.md).",
     cli_recordings},
    {"audit", "audit [-c FILE] verify [OPTION]... | list [FILTER]...",
     "Check the audit log: 1 when a record is changed, missing, added or torn, or a signature is\n"
     "not ours, and where the first is: --dir DIR or --file FILE instead of the configured log,\n"
     "--database: the logs of all servers in database.url,\n"
     "--public-key FILE instead of our keys, --no-key to check none, --known NUMBER:HASH: this\n"
     "record was written down elsewhere. List records, oldest first: --who SUB, NAME or ADDRESS,\n"
     "--what WORD (\"recording.\": all that begin so), --recording ID, --tour T, --outcome\n"
     "done|refused, --since TIME, --until TIME. Both print JSON with --json (docs/audit.md).",
     cli_audit},
    {"backup", "backup [-c FILE] [--without-objects] DIR",
     "Copy the recordings, their databases and the signing key into a new folder, beside the\n"
     "running server. --without-objects: the store has copies of its own. The key that wraps is\n"
     "not copied.",
     cli_backup},
    {"restore", "restore [-c FILE] [--shredded WRAPS.DB] DIR",
     "Bring a backup back into a state directory without recordings. What was shredded or\n"
     "redacted since, according to a newer wraps.db, is erased again.",
     cli_restore},
};

static void usage(FILE *out) {
    fprintf(out, "usage: oriel COMMAND ...\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(out, "  oriel %s\n", commands[i].usage);
    }
    fprintf(out, "  oriel --version\n`oriel COMMAND --help` says more.\n");
}

static bool wants_help(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

int cli_main(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) != 0) {
            continue;
        }
        if (wants_help(argc - 1, argv + 1)) {
            printf("usage: oriel %s\n%s\n", commands[i].usage, commands[i].what);
            return CLI_OK;
        }
        return commands[i].run(argc - 1, argv + 1);
    }
    if (strcmp(name, "--version") == 0) {
        printf("oriel %s\n", ORIEL_VERSION);
        return CLI_OK;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    if (*name) {
        return cli_fail(CLI_USAGE, "unknown command \"%.64s\" (see oriel --help)", name);
    }
    usage(stderr);
    return CLI_USAGE;
}
