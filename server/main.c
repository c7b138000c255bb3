#include "server/cli/cli_main.h"
#include "server/os/clock.h"
#include "json/json_read.h"

int main(int argc, char **argv) {
    struct rng rng = clock_rng();
    json_init(rng_u64(&rng));
    return cli_main(argc, argv);
}
