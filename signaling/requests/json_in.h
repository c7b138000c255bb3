/* What is looked at before a JSON parser may see a message from the network. */
#ifndef ORIEL_SIGNALING_REQUESTS_JSON_IN_H
#define ORIEL_SIGNALING_REQUESTS_JSON_IN_H

#include "signaling/words/codes.h"

#include <stddef.h>
#include <stdint.h>

#define JSON_VALUES_MAX 2048 /* a parsed value costs up to 150 bytes: 300 KiB at most */

/* Count brackets and commas outside strings. SIG_OK, SIG_TOO_DEEP (nesting over max_depth),
 * SIG_TOO_LARGE (more than JSON_VALUES_MAX values). Says nothing about validity. */
enum sig_code json_precheck(const char *text, size_t n, uint32_t max_depth);

#endif
