# shellcheck shell=bash
# How a test in shell says what holds: "ok NAME" and "not ok NAME" lines, and their numbers at its end.
# To be sourced.

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

# holds NAME FILTER: the filter (jq) is true of the JSON in $figures. (Of nothing, jq says that all is.)
holds() {
    local status
    [ -n "${figures:-}" ] && jq -e "$2" >/dev/null <<<"$figures"
    status=$?
    [ $status -eq 0 ] || jq -c . <<<"$figures" | cut -c 1-4000
    verdict $status "$1"
}

# The last line of a test: how many of its verdicts were good. Its status is the test's.
count_verdicts() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
