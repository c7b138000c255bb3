#!/bin/bash
# Runs every test, or the groups named: lint unit tsan fuzz web sim systemd integ.
#
# A part is one program. Where its last line is "N passed, N failed" it counts as that many tests,
# and a program that must say so and does not, or dies, counts as one failure. A passing part is one
# line; of a failing one the output is shown. The last line of all is "N passed, N failed".
#
# Parts run beside each other where that harms none of them: those of unit, tsan, fuzz and web, and of
# integ those that tests/integ/beside names. Each is printed as a whole when it ends.
#
# A part of integ watches browsers, which a machine with much to do lets stand still for a second. So when at
# most three of them failed, and no process of ours died or was reported by a sanitizer, those run once more,
# alone, and that counts; the first failure is printed all the same, and named again at the end.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1

all_groups=(lint unit tsan fuzz web sim systemd integ)
logs=build/test-logs
passed=0
failed=0
running=0
in_lane=
queue=()
doubtful=()
judging=
ORIEL_COMMIT=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
export ORIEL_COMMIT
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1

mkdir -p $logs
trap 'if [ $running -ne 0 ]; then kill "$running" 2>/dev/null; wait "$running"; fi; exit 130' INT TERM HUP

now_ms() {
    local now=${EPOCHREALTIME/[.,]/}
    echo "${now%???}"
}

# run_logged LOG SECONDS COMMAND...
run_logged() {
    local log=$1 limit=$2 status
    shift 2
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 </dev/null &
    running=$!
    wait "$running"
    status=$?
    running=0
    [ $status -ne 124 ] || echo "# stopped after $limit s" >>"$log"
    return $status
}

# is_doubtful NAME LOG: it may have been the machine.
is_doubtful() {
    [[ $1 == integ/* && -z $judging ]] &&
        ! grep -qE 'Sanitizer|runtime error:|the server ended with|Assertion' "$2"
}

# note STATUS NAME MS GOOD BAD LOG: count and print one part.
note() {
    local seconds
    if [ -n "$in_lane" ]; then # the shell that counts reads it
        printf '%s|%s|%s|%s|%s|%s\n' "$@"
        return
    fi
    seconds=$(($3 / 1000)).$(($3 % 1000 / 100))
    if [ "$5" -ne 0 ] && is_doubtful "$2" "$6"; then
        doubtful+=("$4|$5|$2")
        cat "$6"
        printf 'again  %6ss %s (%d failed, exit status %d)\n' "$seconds" "$2" "$5" "$1"
        return
    fi
    passed=$((passed + $4))
    failed=$((failed + $5))
    if [ "$5" -eq 0 ]; then
        printf 'ok     %6ss %s (%d)\n' "$seconds" "$2" "$4"
        # What a test could not look at here is said even though it passed.
        grep '^# .*NOT checked$' "$6"
        return
    fi
    cat "$6"
    printf 'not ok %6ss %s (%d failed, exit status %d)\n' "$seconds" "$2" "$5" "$1"
}

# single NAME SECONDS COMMAND...: one test, by exit status.
single() {
    local name=$1 log status begun
    log=$logs/${1//\//-}.log
    begun=$(now_ms)
    run_logged "$log" "${@:2}"
    status=$?
    note $status "$name" $(($(now_ms) - begun)) $((status == 0)) $((status != 0)) "$log"
    return $status
}

# counted NAME SECONDS COMMAND...: a program with a summary line.
counted() {
    local name=$1 log status begun good=0 bad=1
    log=$logs/${1//\//-}.log
    begun=$(now_ms)
    run_logged "$log" "${@:2}"
    status=$?
    if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        good=${BASH_REMATCH[1]}
        bad=${BASH_REMATCH[2]}
        # A leak report or a crash at exit comes after a clean summary, and no test is no proof.
        if [ "$bad" -eq 0 ] && { [ $status -ne 0 ] || [ "$good" -eq 0 ]; }; then
            bad=1
        fi
    fi
    note $status "$name" $(($(now_ms) - begun)) "$good" "$bad" "$log"
}

# lane STEP: runs what is queued, from its head (1) or from its tail (-1) on, except what another lane
# has begun; whoever makes the folder of an entry has it.
lane() {
    local at words count=${#queue[@]}
    in_lane=yes
    trap 'if [ $running -ne 0 ]; then kill "$running"; wait "$running"; fi; exit 130' TERM
    for ((at = $1 > 0 ? 0 : count - 1; at >= 0 && at < count; at += $1)); do
        if mkdir "$claims/$at" 2>/dev/null; then
            read -r -a words <<<"${queue[at]}"
            "${words[@]}"
        fi
    done
}

lanes() {
    local step
    trap 'kill $(jobs -p); wait; exit 130' TERM
    for step; do
        lane "$step" &
    done
    wait
}

# run_queue STEP...: as many lanes as there are steps empty the queue beside each other.
run_queue() {
    local part count=0
    [ ${#queue[@]} -gt 0 ] || return 0
    claims=$logs/claims
    rm -rf "$claims"
    mkdir "$claims"
    exec {reports}< <(lanes "$@")
    running=$!
    while IFS='|' read -r -a part <&"$reports"; do
        note "${part[@]}"
        count=$((count + 1))
    done
    running=0
    exec {reports}<&-
    [ $count -eq ${#queue[@]} ] || not_run "lanes" "$count of ${#queue[@]} parts were run"
    queue=()
}

# not_run NAME REASON: never skip silently.
not_run() {
    echo "not ok $1: $2"
    failed=$((failed + 1))
}

configure_and_build() {
    local preset=$1
    shift
    cmake --preset "$preset" && cmake --build "build/$preset" -j "$(nproc)" ${1:+--target "$@"}
}

# build PRESET [TARGET...]
build() {
    export -f configure_and_build
    # shellcheck disable=SC2016 # the inner shell expands its own arguments
    single "build/$1" 900 bash -c 'configure_and_build "$@"' bash "$@"
}

asan_built=
# Build the asan preset once; its status is remembered.
need_asan() {
    if [ -z "$asan_built" ]; then
        asan_built=no
        build asan && asan_built=yes
    fi
    [ $asan_built = yes ]
}

c_files() {
    local folders=() f
    for f in base json media signaling recorder helper server bench tests; do
        [ ! -d $f ] || folders+=("$f")
    done
    find "${folders[@]}" -name node_modules -prune -o -name '*.[ch]' -print
}

shell_files() {
    echo dev
    echo .ci/run
    find . \( -name node_modules -o -path ./build -o -path ./var -o -name .git \) -prune \
        -o -name '*.sh' -print
}

group_lint() {
    local files
    mapfile -t files < <(c_files)
    single lint/format 120 clang-format --dry-run -Werror "${files[@]}"
    mapfile -t files < <(shell_files)
    single lint/shell 120 shellcheck "${files[@]}"
    counted lint/tidy 120 python3 tests/tidy/tidy.py
}

# The programs of unit, tsan, fuzz and web are queued. Some of them only wait for seconds, so there is one
# lane more than processors.
run_programs() {
    local steps
    mapfile -t steps < <(yes 1 | head -n $(($(nproc) + 1)))
    run_queue "${steps[@]}"
}

# First the server's tests, which wait longest; the recorder's are most of all, so as several programs.
group_unit() {
    local folder part parts=6
    if ! need_asan; then
        not_run unit "the build failed"
        return
    fi
    queue+=("counted unit/server 600 build/asan/tests/test_server")
    for part in $(seq $parts); do
        queue+=("counted unit/recorder-$part 600 build/asan/tests/test_recorder --part $part/$parts")
    done
    for folder in tests/unit/*/; do
        folder=$(basename "$folder")
        [[ $folder == @(recorder|server) ]] ||
            queue+=("counted unit/$folder 600 build/asan/tests/test_$folder")
    done
}

# The folders in which threads meet.
group_tsan() {
    local folder targets=() threaded=(base recorder server)
    for folder in "${threaded[@]}"; do
        targets+=("test_$folder")
    done
    if ! build tsan "${targets[@]}"; then
        not_run tsan "the build failed"
        return
    fi
    for folder in "${threaded[@]}"; do
        # Of the recorder the tests that have threads; the others are its unit tests, for minutes.
        local only=
        [ "$folder" != recorder ] || only=thread
        queue=("counted tsan/$folder 600 build/tsan/tests/test_$folder $only" "${queue[@]}")
    done
}

group_fuzz() {
    local target
    if ! need_asan; then
        not_run fuzz "the build failed"
        return
    fi
    for target in tests/fuzz/fuzz_*.c; do
        target=$(basename "$target" .c)
        queue+=("single fuzz/${target#fuzz_} 120 build/asan/tests/$target tests/fuzz/corpus/${target#fuzz_}")
    done
}

group_sim() {
    if need_asan; then
        counted sim 300 build/asan/tests/sim/sim all --quick --seeds "${ORIEL_SIM_SEEDS:-40}"
    else
        not_run sim "the build failed"
    fi
}

group_web() {
    local test
    single web/build 60 node web/build.mjs
    if [ -e web/tsconfig.json ]; then
        single web/types 120 tests/integ/node_modules/.bin/tsc --noEmit -p web
    else
        not_run web/types "no web/tsconfig.json"
    fi
    for test in tests/web/*.test.mjs; do
        queue+=("counted web/$(basename "$test" .test.mjs) 60 node $test")
    done
}

# systemd-analyze wants the program that the unit starts, so a copy names the one just built.
verify_unit() {
    local folder status
    folder=$(mktemp -d)
    sed "s|^ExecStart=[^ ]*|ExecStart=$PWD/build/asan/oriel|" systemd/oriel.service \
        >"$folder/oriel.service"
    systemd-analyze verify --man=no "$folder/oriel.service" >"$folder/said" 2>&1
    status=$?
    cat "$folder/said"
    # Warnings about unknown or wrong settings do not change its exit status.
    if grep -q 'oriel.service' "$folder/said"; then
        status=1
    fi
    rm -r "$folder"
    return $status
}

# What the server calls to start a media helper, and the helper to lock itself up, must be in what
# the unit's filters leave: their lines are applied in order, ~ takes away.
unit_allows() {
    local line word calls allowed=() status=0
    while read -r line; do
        for word in ${line#\~}; do
            calls=$word
            if [[ $word == @* ]]; then
                # Groups name groups: those are expanded until only calls are left.
                calls=$(expand_group "$word")
            fi
            if [[ $line == \~* ]]; then
                mapfile -t allowed < <(printf '%s\n' "${allowed[@]}" | grep -vxF "$calls")
            else
                mapfile -t -O ${#allowed[@]} allowed <<<"$calls"
            fi
        done
    done < <(sed -n 's/^SystemCallFilter=//p' systemd/oriel.service)
    for word in socketpair vfork clone3 execve pidfd_open wait4 kill close_range setpriority prctl \
        prlimit64 seccomp; do
        printf '%s\n' "${allowed[@]}" | grep -qx "$word" || {
            echo "# the unit does not allow $word"
            status=1
        }
    done
    return $status
}

expand_group() {
    local word
    systemd-analyze syscall-filter "$1" | sed -n 's/^ *\([@a-z0-9_-]*\)$/\1/p' | grep -vxF "$1" |
        while read -r word; do
            case $word in
            @*) expand_group "$word" ;;
            ?*) echo "$word" ;;
            esac
        done
}

group_systemd() {
    if need_asan; then
        export -f verify_unit unit_allows expand_group
        single systemd/verify 60 bash -c verify_unit
        single systemd/helper 60 bash -c unit_allows
    else
        not_run systemd/verify "the build failed"
    fi
}

# Sanitizers have a heap of their own: memory is measured in the build that people run.
need_release() {
    build release oriel bench
}

# suite FILE: one of the browser and server tests.
suite() {
    local command=node
    [[ $1 == *.mjs ]] || command=bash
    counted "integ/$1" 400 $command "tests/integ/$1"
}

# What browsers are served; its build says what is wrong.
need_web() {
    mkdir -p $logs
    node web/build.mjs >$logs/build-web.log 2>&1 || {
        cat $logs/build-web.log
        return 1
    }
}

# First those that may have company, three at a time: two lanes from the top of the list and one from its
# bottom. Then those that may have that of one other, then each of the others by itself.
group_integ() {
    local test beside pairs
    if ! need_web || ! need_asan || ! need_release; then
        not_run integ "the build failed"
        return
    fi
    mapfile -t pairs < <(sed -n 's/^\([^#].*\) 2$/\1/p' tests/integ/beside)
    mapfile -t beside < <(sed '/^#/d; / 2$/d' tests/integ/beside)
    queue=("${beside[@]/#/suite }")
    run_queue 1 1 -1
    queue=("${pairs[@]/#/suite }")
    run_queue 1 1
    for test in tests/integ/*.test.mjs tests/integ/*.test.sh; do
        test=$(basename "$test")
        [[ " ${beside[*]} ${pairs[*]} " == *" $test "* ]] || suite "$test"
    done
    judge
}

# Those that failed once: again, when they are few.
judge() {
    local part good bad name
    judging=yes
    for part in "${doubtful[@]}"; do
        IFS='|' read -r good bad name <<<"$part"
        if [ ${#doubtful[@]} -le 3 ]; then
            suite "${name#integ/}"
        else
            passed=$((passed + good))
            failed=$((failed + bad))
        fi
    done
    for part in "${doubtful[@]}"; do
        echo "# ${part##*|} failed at first: above"
    done
}

groups=("$@")
[ $# -gt 0 ] || groups=("${all_groups[@]}")
for group in "${groups[@]}"; do
    if [[ " ${all_groups[*]} " != *" $group "* ]]; then
        echo "run.sh: no group $group; there are: ${all_groups[*]}" >&2
        exit 2
    fi
done
for group in "${groups[@]}"; do
    # What was queued is run before anything that needs the processors for itself.
    [[ $group == @(unit|tsan|fuzz|web) ]] || run_programs
    "group_$group"
done
run_programs
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
