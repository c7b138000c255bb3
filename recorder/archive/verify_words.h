/* What verification finds, in a few words that programs go by: what is said of an object (verify.h)
 * is for people. Words are stable. Thread: any. */
#ifndef ORIEL_RECORDER_ARCHIVE_VERIFY_WORDS_H
#define ORIEL_RECORDER_ARCHIVE_VERIFY_WORDS_H

/* Of what verify_say was told: "missing", "changed", "unlisted" (nothing lists it), "disagrees"
 * (catalogue, journal and manifest do not say the same), "signature", "unclosed", "key", "left" (of
 * what was erased), "later" (of a later release), "journal" (it was found damaged before),
 * "unproved" (what it takes to check it is not here), "earlier_key" (which is no finding).
 * "other": none of those. Never NULL. */
const char *verify_word(const char *what);

#endif
