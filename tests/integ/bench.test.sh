#!/bin/bash
# The bench works: short runs whose times mean nothing but whose counts must be exact. How fast
# anything is, is not tested: machines differ, and a threshold would fail on the slow ones.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/integ/lib/verdict.sh

bench=${ORIEL_BENCH:-build/asan/bench/bench}
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# ended STATUS NAME: the same of a run of the bench, which has said on standard error why it failed.
ended() {
    if [ "$1" -ne 0 ] || [ -z "$figures" ]; then
        echo "# exit status $1"
        tail -n 40 "$said"
    fi
    verdict "$1" "$2"
}

# refused ARGUMENT...: exit status 2 and nothing on standard output.
refused() {
    local out status
    out=$("$bench" "$@" 2>/dev/null)
    status=$?
    [ $status -eq 2 ] && [ -z "$out" ]
    verdict $? "refused: $*"
}

# children PID: what the bench has started and not ended yet.
children() {
    ps -o pid= --ppid "$1" | wc -l
}

# ---- inside one process

figures=$("$bench" floor seal fanout kept memory --json --rounds 1 --viewers 5 2>"$said")
ended $? "the benchmarks of the engine run"
holds "one object with every benchmark" 'keys == ["fanout", "floor", "kept", "memory", "seal"]'
holds "the limits are positive" \
    '[.floor[]] | length >= 6 and all(type == "number" and . > 0)'
holds "every way of sealing has its figures" \
    '.seal | length >= 6 and
    all(.whole_ns > 0 and .pieces_ns > 0 and (.payload | . == 120 or . == 1100))'
holds "the ratios are positive" \
    '.fanout[0] | [.engine.ratio, .send.ratio] | all(type == "number" and . > 0)'
holds "something was fed" '.fanout[0].fed > 300'
holds "every viewer gets every packet, once" \
    '.fanout | length == 1 and all(.viewers == 5 and .forwarded == .viewers * .fed)'
holds "viewers decrypted what they got" '.fanout[0].opened > 300'
holds "what the socket sent, the sink received" '.fanout[0] | .received > 0 and .received == .sent'
holds "memory is a positive number, or not known in this build" \
    '.memory == null or (.memory | .viewer_bytes > 0 and .tour_bytes > 0)'

figures=$("$bench" fanout --json --rounds 2 --viewers 3 2>"$said")
ended $? "one benchmark by name"
holds "only that one" 'keys == ["fanout"] and .fanout[0].rounds == 2'
holds "exact counts over two rounds" '.fanout[0] | .forwarded == 3 * .fed'

# ---- real sockets, a real server

figures=$("$bench" fanout-10 loss-1 join-storm recorder idle-tours --quick --json --no-janus \
    2>"$said")
ended $? "scenarios run against a server"
holds "the machine and the scenarios" \
    '(.machine.processors > 0) and ([.scenarios[].scenario] ==
    ["fanout-10", "loss-1", "join-storm", "recorder", "idle-tours"])'
holds "the floor is known with trains of 1, 2, 4 and 8" \
    '.scenarios[0].floors | length >= 1 and
    all(.ns | keys == ["1", "2", "4", "8"] and all(. > 0)) and (map(select(.used)) | length == 1)'
holds "the server was measured" '.scenarios[0].targets[0] | .target == "oriel" and .measured and
    .cpu_ns_per_packet > 0 and .floor_ratio > 0 and .packets_per_second > 0 and .rounds == 1'
holds "every viewer joined and saw a picture" \
    '[.scenarios[:2][].targets[0] |
    .join_media_ms.n == .viewers and .join_picture_ms.n == .viewers] | all'
holds "nothing is lost at small scale" '.scenarios[0].targets[0] | .packets > 1000 and .lost == 0'
holds "packets were opened, and all were authentic and those that were sent" \
    '[.scenarios[:3][].targets[0] | .opened > 1000 and .auth_failures == 0 and .malformed == 0 and
    .damaged == 0 and .strays == 0] | all'
holds "no packet came twice, and no index was used for two" \
    '[.scenarios[].targets[0] | .duplicates == 0 and .indices_reused == 0] | all'
holds "delays were measured" '.scenarios[0].targets[0].delay_ms | .n > 100 and .p50 > 0 and
    .p99 >= .p50 and .max >= .p99'
holds "losses are repaired by retransmission" \
    '.scenarios[1].targets[0] | .nacked > 0 and .repaired > 0 and .given_up == 0'

holds "in a storm everybody joins" '.scenarios[2].targets[0] | .viewers > 50 and
    .join_picture_ms.n == .viewers - 50 and .delay_ms.n > 100'
holds "recorded tours were recorded and nothing dropped on the way to the recorder" \
    '.scenarios[3].targets[0] | .valid and .figures.recorded_kib > 10 and .figures.taps_dropped == 0'
holds "idle tours were made" '.scenarios[4].targets[0] | .valid and .figures.tours == 30'

figures=$("$bench" fanout-1 --quick --json 2>"$said")
ended $? "with Janus, if it is there"
holds "it is measured, or said to be absent" '.scenarios[0].targets[1] | .target == "janus" and
    ((.measured and .auth_failures == 0 and .packets > 100) or (.reason | length > 0))'

# ---- the user's Ctrl-C

"$bench" fanout-10 --json --no-janus >"$said" 2>/dev/null &
running=$!
for ((i = 0; i < 200 && $(children $running) == 0; i++)); do
    sleep 0.05
done
[ "$(children $running)" -gt 0 ]
verdict $? "it starts a server"
started=$(ps -o pid= --ppid $running | xargs)
kill -INT $running
wait $running
[ $? -eq 130 ]
verdict $? "an interrupt ends it"
left=0
for pid in $started; do
    [ ! -e "/proc/$pid" ] || left=$((left + 1))
done
[ $left -eq 0 ]
verdict $? "and no server stays behind"
jq -e .scenarios "$said" >/dev/null
verdict $? "what it has printed is JSON all the same"

refused nosuch
refused --rounds 0
refused --viewers
refused fanout-10 --nonsense

count_verdicts
