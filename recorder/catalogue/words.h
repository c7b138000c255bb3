/* The words of a text as they are searched for: UTF-8, letters and digits only, in lower case.
 * Case is folded for Latin, Greek and Cyrillic letters by rules of our own, because a search must
 * find today what was written under another locale, and a full-text index of SQLite is no choice:
 * before 3.42 it keeps the words of what was deleted, and shredding promises that nothing is left.
 * Stateless; any thread. */
#ifndef ORIEL_RECORDER_CATALOGUE_WORDS_H
#define ORIEL_RECORDER_CATALOGUE_WORDS_H

#include <stdbool.h>

#define WORD_MAX 64 /* [bytes] with the NUL; longer words are cut */

/* Take the next word off *text; false when there is none. Bytes that are no UTF-8 part words. */
bool words_next(const char **text, char out[WORD_MAX]);

#endif
