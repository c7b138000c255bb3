#!/bin/bash
# The benchmarks work: short runs whose figures mean nothing but whose counts must be exact. How
# fast anything is, is not tested: machines differ, and a threshold would fail on the slow ones.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1

bench=${ORIEL_BENCH:-build/asan/bench/bench}
passed=0
failed=0

# verdict STATUS NAME
verdict() {
    if [ "$1" -eq 0 ]; then
        echo "ok $2"
        passed=$((passed + 1))
    else
        echo "not ok $2"
        failed=$((failed + 1))
    fi
}

# holds NAME FILTER: the filter is true of the figures.
holds() {
    jq -e "$2" >/dev/null <<<"$figures"
    verdict $? "$1"
}

# refused ARGUMENT...: exit status 2 and nothing on standard output.
refused() {
    local said status
    said=$("$bench" "$@" 2>/dev/null)
    status=$?
    [ $status -eq 2 ] && [ -z "$said" ]
    verdict $? "refused: $*"
}

figures=$("$bench" --json --rounds 1 --viewers 5)
verdict $? "all benchmarks run"
holds "one object with every benchmark" 'keys == ["fanout", "floor", "memory", "seal"]'
holds "the limits are positive" \
    '[.floor[]] | length == 6 and all(type == "number" and . > 0)'
holds "every way of sealing has its figures" \
    '.seal | length >= 6 and all(.whole_ns > 0 and .pieces_ns > 0 and (.payload | . == 120 or . == 1100))'
holds "the ratios are positive" \
    '.fanout[0] | [.engine.ratio, .send.ratio] | all(type == "number" and . > 0)'
holds "something was fed" '.fanout[0].fed > 300'
holds "every viewer gets every packet, once" \
    '.fanout | length == 1 and all(.viewers == 5 and .forwarded == .viewers * .fed)'
holds "viewers decrypted what they got" '.fanout[0].opened > 300'
holds "what the socket sent, the sink received" '.fanout[0] | .received > 0 and .received == .sent'
holds "memory is a positive number, or not known in this build" \
    '.memory == null or (.memory | .viewer_bytes > 0 and .tour_bytes > 0)'

figures=$("$bench" fanout --json --rounds 2 --viewers 3)
verdict $? "one benchmark by name"
holds "only that one" 'keys == ["fanout"] and .fanout[0].rounds == 2'
holds "exact counts over two rounds" '.fanout[0] | .forwarded == 3 * .fed'

refused nosuch
refused fanout floor
refused --rounds 0
refused --viewers

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
