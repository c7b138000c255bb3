#!/bin/bash
# What the server's memory grows by with a viewer and with a tour that stands idle, and that those who
# have left leave nothing behind. A build with sanitizers has a heap of its own, so this measures the
# one that people run; bytes do not depend on how busy the machine is.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/integ/lib/verdict.sh

bench=${ORIEL_BENCH_RELEASE:-build/release/bench/bench}
viewer_kib=48
idle_tour_kib=16
# The heap of a process in use comes to rest within about 200 KiB, which over 2000 joins is 0.1 KiB a
# join. Leaks of a few bytes are for the leak check of the other builds.
later_join_kib=0.5
said=$(mktemp)
trap 'rm -f "$said"' EXIT

figure() {
    jq -r ".$1.figures.$2" <<<"$figures"
}

# below SCENARIO FIGURE MAX: a figure that is missing is not below anything.
below() {
    holds "$2 is $(figure "$1" "$2"), less than $3" \
        ".$1.figures.$2 | type == \"number\" and . < $3"
}

figures=$("$bench" footprint idle-tours --json --no-janus 2>"$said" |
    jq -c '[.scenarios[] | {key: .scenario | sub("-"; "_"), value: .targets[0]}] | from_entries')
status=$?
[ $status -eq 0 ] || tail -n 40 "$said"
verdict $status "viewers and tours come and leave"
holds "everybody joined, and left when asked to" \
    '[.footprint, .idle_tours][] | .measured and .valid'
holds "250 viewers watched, and 1100 tours were there" \
    '.footprint.join_picture_ms.n == 250 and .idle_tours.figures.tours == 1100'
holds "what was sent is what they got" \
    '.footprint | .opened > 1000 and .auth_failures == 0 and .malformed == 0 and .damaged == 0'

below footprint viewer_kib $viewer_kib
below idle_tours idle_tour_kib $idle_tour_kib
below footprint later_join_kib $later_join_kib
# Memory that shrinks where clients come was not measured.
holds "a viewer and a tour do take memory" \
    '.footprint.figures.viewer_kib > 4 and .idle_tours.figures.idle_tour_kib > 1'

count_verdicts
