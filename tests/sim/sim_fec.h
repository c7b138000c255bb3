/* What a browser puts together of the packets that repair others (FlexFEC-03). */
#ifndef ORIEL_TESTS_SIM_FEC_H
#define ORIEL_TESTS_SIM_FEC_H

#include "base/bytes.h"
#include "media/media.h"

#include <stdbool.h>

#define SIM_FEC_KEPT 64

struct sim_fec {
    uint8_t data[SIM_FEC_KEPT][1500];
    size_t len[SIM_FEC_KEPT];
    uint64_t packets, bytes; /* that repair others */
    uint64_t together;       /* packets that were put together */
};

/* A packet has come, without its transport-wide number (ext), which is not protected. */
void sim_fec_note(struct sim_fec *f, const uint8_t *packet, size_t len, struct bytes ext);
/* One that repairs: what is missing of its group, when that is one packet. Its length; 0: nothing.
 */
size_t sim_fec_repair(struct sim_fec *f, struct bytes fec, uint8_t ret[1500]);

#endif
