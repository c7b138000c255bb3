#!/bin/bash
# A PostgreSQL of the test's own, without systemd; it refuses to run as root, so that root starts it
# as nobody. Its socket is in DIR, and with a port it listens on 127.0.0.1, too.
#
#   pg.sh DIR up [PORT [CERT KEY]]
#                             state, log and socket in DIR; the user is app, the password of TCP secret;
#                             with a certificate and its key nobody comes over TCP without TLS
#   pg.sh DIR start           again, as it was
#   pg.sh DIR kill            all of it at once, as a crash does (immediate: no clean end)
#   pg.sh DIR freeze|thaw     it takes connections and says nothing
#   pg.sh DIR down            ends it and removes DIR
set -euo pipefail
bin=$(echo /usr/lib/postgresql/*/bin)
bin=${bin##* }
dir=$(mkdir -p "$1" && cd "$1" && pwd)
cd "$dir" # where nobody may be

as_owner() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$dir" "$@"
    else
        "$@"
    fi
}

start() {
    # shellcheck disable=SC2046 # options are words
    as_owner "$bin/pg_ctl" -D data -w -s -l "$dir/log" -o "$(cat options)" start </dev/null >/dev/null 2>&1
}

# The first process and all that it has begun.
signal() {
    local main
    main=$(sed -n 1p data/postmaster.pid)
    # shellcheck disable=SC2046 # pids are words
    kill "-$1" "$main" $(cat "/proc/$main/task/$main/children") 2>/dev/null || true
}

case $2 in
up)
    [ "$(id -u)" -ne 0 ] || chown nobody "$dir"
    (umask 077 && echo secret >pw)
    [ "$(id -u)" -ne 0 ] || chown nobody pw
    as_owner "$bin/initdb" -D "$dir/data" -U app --auth-local=trust --auth-host=scram-sha-256 --pwfile="$dir/pw" \
        -E UTF8 --locale=C --no-sync >initdb.out 2>&1 || { cat initdb.out >&2; exit 1; }
    rm -f pw
    listen=${3:+127.0.0.1}
    echo "-c listen_addresses='$listen' -p ${3:-5432} -k $dir -c fsync=off -c full_page_writes=off" \
        "-c max_connections=40 -c shared_buffers=16MB" >options
    if [ -n "${4:-}" ]; then
        cp "$4" data/cert.pem
        cp "$5" data/key.pem
        [ "$(id -u)" -ne 0 ] || chown nobody data/cert.pem data/key.pem
        chmod 600 data/key.pem
        sed -i 's/^host /hostssl /' data/pg_hba.conf
        echo "$(cat options) -c ssl=on -c ssl_cert_file=cert.pem -c ssl_key_file=key.pem" >options
    fi
    start || { cat log >&2; exit 1; }
    ;;
start) start ;;
kill) as_owner "$bin/pg_ctl" -D data -s -w -m immediate stop ;;
freeze) signal STOP ;;
thaw) signal CONT ;;
down)
    if [ -e data/postmaster.pid ]; then
        signal CONT 2>/dev/null || true
        as_owner "$bin/pg_ctl" -D data -s -w -m immediate stop || true
    fi
    cd / && rm -rf "$dir"
    ;;
*)
    echo "pg.sh: what is $2?" >&2
    exit 2
    ;;
esac
