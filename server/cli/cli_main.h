/* The command line: `oriel COMMAND ...`. */
#ifndef ORIEL_SERVER_CLI_CLI_MAIN_H
#define ORIEL_SERVER_CLI_CLI_MAIN_H

/* Run the command in argv[1]; the exit status. */
int cli_main(int argc, char **argv);

#endif
