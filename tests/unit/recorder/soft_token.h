/* A hardware token in software for the tests: SoftHSM with a token of its own in a scratch folder,
 * for the whole test program, since a PKCS#11 module is initialized once in a process. */
#ifndef ORIEL_TESTS_SOFT_TOKEN_H
#define ORIEL_TESTS_SOFT_TOKEN_H

#include <stdbool.h>

#define SOFT_TOKEN "oriel-test"
#define SOFT_PIN "4321"

/* Path of the module; NULL, and said so, where SoftHSM is not installed. The first call makes the
 * token. */
const char *soft_token_module(void);
/* An AES key of len bytes in the token. */
bool soft_token_key(const char *label, unsigned long len, bool extractable);
/* Delete the key of this label. */
bool soft_token_delete(const char *label);
/* End all sessions of the token, as its removal does. */
void soft_token_hang_up(void);
/* Take the token away, and bring it back. */
void soft_token_remove(void);
void soft_token_insert(void);

#endif
