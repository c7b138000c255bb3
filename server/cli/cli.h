/* The commands of `oriel COMMAND ...`, and what they have in common. Results go to standard output,
 * messages to standard error, one line each. */
#ifndef ORIEL_SERVER_CLI_CLI_H
#define ORIEL_SERVER_CLI_CLI_H

#include "server/config/config.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* The commands. argv[0] is the command's own name. */
int cli_serve(int argc, char **argv);
int cli_check_config(int argc, char **argv);
int cli_token(int argc, char **argv);
int cli_drain(int argc, char **argv);
int cli_recordings(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_restore(int argc, char **argv);

/* "oriel: ..." on standard error; returns status. */
int cli_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The value of an option that needs one: argv[*i + 1], and *i moves on. NULL after a message. */
const char *cli_value(int argc, char **argv, int *i);
/* Load `file`, or when it is NULL the first that exists of /etc/oriel/oriel.json and
 * conf/dev.json. NULL after a message. */
struct config *cli_config(const char *file);
/* A token for these claims, valid for ttl_s from now (mem_free it), or NULL after a message. */
char *cli_mint(const struct config *cfg, const struct claims *who, int64_t ttl_s);

#endif
