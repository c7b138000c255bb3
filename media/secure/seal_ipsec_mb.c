/* AES-GCM by Intel's libipsec-mb, the only file that includes it; left out of the build where it is
 * not installed. With VAES it takes a quarter of the time of Debian's OpenSSL 3.0, which has no
 * code for these instructions, and a sixth for small packets, because there is one call a packet
 * and nothing in it that looks for parameters.
 *
 * DESIGN. The library's manager holds queues of jobs, which we do not use, and a table of functions
 * for this processor. The direct functions for GCM take the expanded key and a context and touch
 * nothing of the manager, so the functions are taken out of it once, and threads need none of
 * their own. (They do clear an error number of the whole library at each call; it is never read.)
 */
#include "base/alloc.h"
#include "base/prefetch.h"
#include "media/secure/srtp_gcm.h"

#include <intel-ipsec-mb.h>

#define KEY_USED 1088 /* [bytes] of a key and its alignment that a full packet needs */
#define ALIGNMENT 64  /* [bytes] of expanded keys, as their type has it on other systems */

enum { AES_128, AES_256, SIZES };

struct gcm_key {
    unsigned size;             /* AES_128 or AES_256 */
    struct gcm_key_data *data; /* aligned, in room */
    uint8_t room[sizeof(struct gcm_key_data) + ALIGNMENT];
};

static struct {
    bool looked, usable;
    aes_gcm_pre_t expand[SIZES];
    aes_gcm_enc_dec_t encrypt[SIZES], decrypt[SIZES];
} lib;

static bool look(void) {
    const uint64_t needed = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
    IMB_MGR *m = alloc_mb_mgr(0);
    if (!m) {
        return false;
    }
    init_mb_mgr_auto(m, NULL);
    bool ok = imb_get_errno(m) == 0 && (m->features & needed) == needed;
    if (ok) {
        lib.expand[AES_128] = m->gcm128_pre;
        lib.expand[AES_256] = m->gcm256_pre;
        lib.encrypt[AES_128] = m->gcm128_enc;
        lib.encrypt[AES_256] = m->gcm256_enc;
        lib.decrypt[AES_128] = m->gcm128_dec;
        lib.decrypt[AES_256] = m->gcm256_dec;
    }
    free_mb_mgr(m);
    return ok;
}

static bool usable(void) {
    if (!lib.looked) {
        lib.usable = look();
        lib.looked = true;
    }
    return lib.usable;
}

static void key_free(struct gcm_key *k) {
    if (k) {
        mem_wipe(k, sizeof(*k));
        mem_free(k);
    }
}

static struct gcm_key *key_new(const uint8_t *key, size_t key_len) {
    struct gcm_key *k = mem_alloc(sizeof(*k));
    if (!k) {
        return NULL;
    }
    uintptr_t at = (uintptr_t)k->room;
    k->data = (struct gcm_key_data *)(k->room + (ALIGNMENT - at % ALIGNMENT) % ALIGNMENT);
    k->size = key_len == 16 ? AES_128 : AES_256;
    lib.expand[k->size](key, k->data);
    return k;
}

/* The round keys and the powers of the hash key. */
static void key_prefetch(const struct gcm_key *k) {
    prefetch(k->room, KEY_USED);
}

static bool seal(struct gcm_key *k, const struct gcm_job *job) {
    struct gcm_context_data ctx;
    const uint8_t *plain = job->plain.n > 0 ? job->plain.p : job->out; /* NULL is refused */
    lib.encrypt[k->size](k->data, &ctx, job->out, plain, job->plain.n, job->iv, job->aad.p,
                         job->aad.n, job->out + job->plain.n, GCM_TAG);
    return true;
}

static bool gcm_open(struct gcm_key *k, const struct gcm_open_job *job) {
    struct gcm_context_data ctx;
    uint8_t tag[GCM_TAG];
    lib.decrypt[k->size](k->data, &ctx, job->text, job->text, job->n, job->iv, job->aad.p,
                         job->aad.n, tag, GCM_TAG);
    return ct_equal(tag, job->tag, GCM_TAG);
}

const struct gcm_engine gcm_ipsec_mb = {.name = "ipsec-mb",
                                        .usable = usable,
                                        .key_new = key_new,
                                        .key_free = key_free,
                                        .key_prefetch = key_prefetch,
                                        .seal = seal,
                                        .open = gcm_open};
