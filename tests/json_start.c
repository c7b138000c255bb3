/* What main does before anything reads JSON, in programs whose main is not of the server: linked
 * in, it is done. */
#include "json/json_read.h"

__attribute__((constructor)) static void start(void) {
    json_init(20261127);
}
