/* The parts of `oriel recordings`. Each prints its results and returns the exit status. */
#ifndef ORIEL_SERVER_CLI_CLI_RECORDINGS_H
#define ORIEL_SERVER_CLI_CLI_RECORDINGS_H

#include "recorder/library/library.h"
#include "server/config/config.h"
#include "json/json_read.h"

/* Call `each` for every recording that the query (its limit and cursor aside) asks for, newest
 * first; at most `most` of them, 0: all. CLI_OK, or a status after a message. */
int cli_recordings_walk(struct library *l, const struct library_query *query, unsigned most,
                        void (*each)(void *ctx, const struct json *recording), void *ctx);
/* list [--json] [--limit N] [--tour T] [--find WORDS] [--person WORDS] [--state S] [--from TIME]
 * [--to TIME]; argv[0] is "list". */
int cli_recordings_list(struct library *l, int argc, char **argv);
/* verify ID | --all, [--json]; argv[0] is "verify". 1 when anything is damaged or could not be
 * checked; what was shredded is neither. */
int cli_recordings_verify(struct library *l, int argc, char **argv);
/* export ID -o FILE [--layout faces|stage]; argv[0] is "export". */
int cli_recordings_export(struct library *l, const struct config *cfg, int argc, char **argv);

#endif
