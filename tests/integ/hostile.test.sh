#!/bin/bash
# A participant with valid keys does its worst over the real socket, in one way after another and in
# all at once: nobody else loses a packet or waits, and it is named. The bench's generator holds all
# clients, pinned to a processor of its own.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/integ/lib/verdict.sh

bench=${ORIEL_BENCH:-build/asan/bench/bench}
delay_max=20 # [ms] generous: this build is slow and the machine is shared
said=$(mktemp)
trap 'rm -f "$said"' EXIT

figure() {
    jq -r ".figures.$1" <<<"$figures"
}

figures=$("$bench" hostile --quick --json --no-janus 2>"$said" | jq -c '.scenarios[0].targets[0]')
status=$?
[ $status -eq 0 ] || tail -n 40 "$said"
verdict $status "the attacks are run"
holds "all clients are in" '.measured and .join_picture_ms.n == .viewers and .packets > 10000'

# What the generator could not send or take in tells nothing of the server.
why=$(jq -r 'if .valid | not then .reason
    elif [.figures | to_entries[] | select(.key | endswith("_generator_cpu")) | .value] | max > 0.8
    then "the generator was busy"
    elif [.figures | to_entries[] | select(.key | endswith("_behind_per_s")) | .value] | max > 0
    then "the generator was late"
    else "" end' <<<"$figures")
# Nor do delays where other processes keep the server from running.
crowded=$(jq -r 'if .others_cpu > 0.3 then "others used the processor of the server" else "" end' \
    <<<"$figures")

# unless REASON NAME FILTER: as holds, where there is no reason against looking.
unless() {
    if [ -n "$1" ]; then
        echo "# $2 ($1): NOT checked"
    else
        holds "$2" "$3"
    fi
}

for attack in bye loud nack ssrc rate all; do
    echo "# $attack: $(jq -c --arg a "${attack}_" '.figures | with_entries(select(.key |
        startswith($a)) | .key |= ltrimstr($a))' <<<"$figures")"
    holds "who does it is named: $attack" ".figures.${attack}_named_s >= 2"
    unless "$why" "nobody else loses a packet: $attack" ".figures.${attack}_lost == 0"
    unless "$why$crowded" "nobody else waits: $attack ($(figure "${attack}_delay_p99_ms") ms)" \
        ".figures.${attack}_delay_p99_ms | . > 0 and . < $delay_max"
done
holds "nobody else is named" '.figures.calm_named_s == 0 and .figures.others_named_s == 0'
# Half of the media, and what was saved up before: 256 KiB, in packets of about 1000 bytes.
holds "NACKs are not multiplied" '.figures | .nack_rtx > 0 and .nack_rtx < .nack_media / 2 + 300'
holds "no packet came twice, and no index was used for two" \
    '.duplicates == 0 and .indices_reused == 0 and .auth_failures == 0'

count_verdicts
