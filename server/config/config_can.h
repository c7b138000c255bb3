/* The object `can` as an operator writes it: of a tour's guests in the configuration, of a token on
 * the command line. Thread: any. */
#ifndef ORIEL_SERVER_CONFIG_CONFIG_CAN_H
#define ORIEL_SERVER_CONFIG_CONFIG_CAN_H

#include "signaling/words/capabilities.h"

/* False: it is not what it must be, and *ret is untouched. */
bool config_read_can(const char *text, struct capabilities_part *ret);
/* The same of a text that has been looked at; nothing where it is empty. */
struct capabilities_part config_can(const char *text);

#endif
