#!/bin/bash
# A Ceph RADOS Gateway, that is a real S3, of the test's own on loopback: one monitor, one object
# daemon in memory and one gateway, without systemd or root. Keys for SSE-KMS come from the stub in
# kms_stub.py, which stands for a Vault.
#
#   rgw.sh DIR up PORT KMS_PORT   state, logs and pids in DIR; prints READY and the credentials
#   rgw.sh DIR stop|start         the gateway only; what it stored stays
#   rgw.sh DIR freeze|thaw        it takes connections and says nothing
#   rgw.sh DIR down               ends everything that was started
#
# PORT+1 is the monitor's, PORT+10 to PORT+40 the object daemon's.
set -euo pipefail
lib=$(dirname "$(readlink -f "$0")")
dir=$(mkdir -p "$1" && cd "$1" && pwd)
conf=$dir/ceph.conf
export CEPH_CONF=$conf CEPH_ARGS=

# begin NAME PROGRAM ARGUMENT...: in the background, its pid noted
begin() {
    local name=$1
    shift
    setsid "$@" </dev/null >>"$dir/log/$name.out" 2>&1 &
    echo $! >"$dir/run/$name.spid"
}

alive() {
    local state
    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "${state:0:1}" != Z ]
}

# end NAME: only the process that was started here
end() {
    local file=$dir/run/$1.spid pid
    [ -s "$file" ] || return 0
    pid=$(cat "$file")
    case $(cat "/proc/$pid/comm" 2>/dev/null) in
    radosgw | ceph-osd | ceph-mon | python3) kill -9 "$pid" 2>/dev/null || true ;;
    esac
    for _ in {1..200}; do
        alive "$pid" || break
        sleep 0.02
    done
    rm -f "$file"
}

# until_true WHAT COMMAND...: tried for 60 s
until_true() {
    local what=$1
    shift
    for _ in {1..600}; do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "rgw.sh: $what: not after 60 s" >&2
    tail -n 5 "$dir"/log/*.out >&2
    return 1
}

osd_is_up() {
    ceph osd stat 2>/dev/null | grep -q '1 up'
}

gateway() {
    begin rgw radosgw -c "$conf" -f -n client.rgw
    until_true "the gateway answers" curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$1/"
}

write_conf() {
    local port=$1 kms=$2
    cat >"$conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = v2:127.0.0.1:$((port + 1))
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# The gateway's default is "secure", which cannot be had without authentication.
ms mon client mode = crc
ms mon cluster mode = crc
ms mon service mode = crc
ms bind ipv6 = false
ms bind msgr1 = false
ms bind msgr2 = true
ms bind port min = $((port + 10))
ms bind port max = $((port + 40))
run dir = $dir/run
pid file = $dir/run/\$name.pid
admin socket = $dir/run/\$name.\$pid.asok
log file = $dir/log/\$name.log
crash dir = $dir/log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 4000
mon warn on pool no redundancy = false
[mon]
mon data = $dir/mon/\$id
mon cluster log file = $dir/log/cluster.log
# Every change of the map waits for it.
paxos propose interval = 0.02
paxos min wait = 0.01
mon data avail warn = 1
mon data avail crit = 0
mon osd full ratio = 0.96
mon osd nearfull ratio = 0.94
mon osd backfillfull ratio = 0.95
auth allow insecure global id reclaim = false
[osd]
osd data = $dir/osd/\$id
osd objectstore = memstore
memstore device bytes = 1073741824
osd op num shards = 1
osd op num threads per shard = 2
osd max object name len = 460
osd max object namespace len = 64
osd class load list = *
osd class default list = *
[client]
keyring = /dev/null
[client.rgw]
rgw data = $dir/rgw
rgw frontends = beast endpoint=127.0.0.1:$port
rgw dns name = localhost
rgw crypt require ssl = false
rgw crypt s3 kms backend = vault
rgw crypt vault auth = agent
rgw crypt vault addr = http://127.0.0.1:$kms
rgw crypt vault secret engine = transit
rgw crypt vault prefix = /v1/transit
rgw thread pool size = 32
rgw enable usage log = false
rgw enable ops log = false
# A line for each request, which the test counts.
debug rgw = 1
CONF
}

up() {
    local port=$1 kms=$2 uuid
    mkdir -p "$dir"/{mon,osd/0,rgw,log,run}
    write_conf "$port" "$kms"
    echo "$port" >"$dir/port"
    begin kms python3 "$lib/kms_stub.py" "$kms"
    monmaptool --create --clobber --fsid "$(sed -n 's/^fsid = //p' "$conf")" \
        --addv a "[v2:127.0.0.1:$((port + 1))]" "$dir/monmap" >/dev/null
    ceph-mon --mkfs -i a --monmap "$dir/monmap" >"$dir/log/mon-mkfs.out" 2>&1
    begin mon ceph-mon -c "$conf" -f -i a
    uuid=$(cat /proc/sys/kernel/random/uuid)
    ceph --connect-timeout 30 osd new "$uuid" >/dev/null
    ceph-osd -i 0 --mkfs --osd-uuid "$uuid" >"$dir/log/osd-mkfs.out" 2>&1
    begin osd ceph-osd -c "$conf" -f -i 0
    until_true "the object daemon is up" osd_is_up
    gateway "$port"
    radosgw-admin -n client.rgw user create --uid tester --display-name tester \
        --access-key testkey --secret-key testsecret --log-file "$dir/log/admin.log" \
        >"$dir/user.json" 2>"$dir/log/admin.out"
    echo "READY testkey testsecret"
}

case $2 in
up) up "$3" "$4" ;;
stop) end rgw ;;
start) gateway "$(cat "$dir/port")" ;;
freeze) kill -STOP "$(cat "$dir/run/rgw.spid")" ;;
thaw) kill -CONT "$(cat "$dir/run/rgw.spid")" ;;
down)
    for name in rgw osd mon kms; do
        end "$name"
    done
    ;;
*)
    echo "usage: rgw.sh DIR up PORT KMS_PORT | stop | start | freeze | thaw | down" >&2
    exit 2
    ;;
esac
