/* Whether the records of an audit log, one after the other, are those that were written: none is
 * changed, missing, swapped or added, and what was signed was signed by us. PURE: lines in, a
 * verdict out. Owner: one thread. */
#ifndef ORIEL_SERVER_AUDIT_AUDIT_CHAIN_H
#define ORIEL_SERVER_AUDIT_AUDIT_CHAIN_H

#include "server/audit/audit_record.h"

/* What is wrong. X(symbol, word, what it means for people) */
#define AUDIT_FAULTS(X)                                                                   \
    X(AUDIT_SOUND, "sound", "nothing is wrong")                                           \
    X(AUDIT_TORN, "torn", "the last line has no end: it was cut while it was written")    \
    X(AUDIT_TOO_LONG, "too_long", "a line is longer than any record")                     \
    X(AUDIT_MALFORMED, "malformed", "a line is no record")                                \
    X(AUDIT_CHANGED, "changed", "a record is not as it was written: its hash is another") \
    X(AUDIT_MISSING, "missing", "records are missing before this one")                    \
    X(AUDIT_OUT_OF_ORDER, "out_of_order", "a record stands where another one belongs")    \
    X(AUDIT_UNCHAINED, "unchained", "a record does not follow from the one before it")    \
    X(AUDIT_UNSIGNED, "unsigned", "a record has no signature, and must have one")         \
    X(AUDIT_WRONG_KEY, "wrong_key", "a record is signed by a key that is not trusted")    \
    X(AUDIT_FORGED, "forged", "the signature of a record is of something else")           \
    X(AUDIT_BEHEADED, "beheaded",                                                         \
      "the first records are missing, and no record says that they "                      \
      "were removed for their age")                                                       \
    X(AUDIT_CUT_OFF, "cut_off", "the last records are missing: there were more")          \
    X(AUDIT_REWRITTEN, "rewritten", "the record that was known has become another one")   \
    X(AUDIT_WAS_CUT, "was_cut",                                                           \
      "the last records were found missing or changed, and a record says so")             \
    X(AUDIT_MISNAMED, "misnamed", "a file begins with another record than its name says") \
    X(AUDIT_UNREADABLE, "unreadable", "a file could not be read")
enum audit_fault {
#define X(sym, word, what) sym,
    AUDIT_FAULTS(X)
#undef X
};

/* "changed"; the sentence. Never NULL. */
const char *audit_fault_word(enum audit_fault f);
const char *audit_fault_what(enum audit_fault f);

#define AUDIT_KEYS_MAX 64

/* A record that somebody knows of: the head (audit_files.h), or one that was written down. */
struct audit_known {
    uint64_t number; /* 0: none */
    uint8_t hash[SHA256_LEN];
};

struct audit_chain {
    /* Set before the first line; zeros elsewhere. */
    uint8_t keys[AUDIT_KEYS_MAX][KEY_LEN]; /* that are trusted */
    size_t n_keys;
    bool any_key; /* signatures are not looked at */
    struct audit_known known[2];
    /* What was found. */
    struct audit_known last; /* the record read last; number 0: none */
    uint64_t first, records, signatures, signed_upto, cuts;
    uint8_t before_first[SHA256_LEN];
    bool pruned;     /* a signed record says that what is missing before the first was removed */
    uint64_t unlike; /* the first of `known` that has become another one; 0: none */
};

/* The next line, without its newline; *ret is what it says unless it is TOO_LONG, MALFORMED or
 * CHANGED. After a fault the chain is of no use any more. */
enum audit_fault audit_chain_take(struct audit_chain *c, struct bytes line,
                                  struct audit_record *ret);
/* After a fault, for who only wants to read the others: the next line may be any. */
void audit_chain_begin_again(struct audit_chain *c);
/* There are no more. */
enum audit_fault audit_chain_end(const struct audit_chain *c);

#endif
