#!/bin/bash
# Installs what Oriel needs on Debian 12: `install-deps.sh build` what compiles and runs it,
# `install-deps.sh build test` also what its tests use, and `install-deps.sh peers` the servers that
# the bench compares with. Does nothing when all of it is there.
set -euo pipefail

build_packages=(
    build-essential ca-certificates ccache cmake ninja-build openssl pkg-config
    libavcodec-dev libavformat-dev libavutil-dev libcurl4-openssl-dev libexpat1-dev
    libjansson-dev libnats-dev libnice-dev libopus-dev libp11-kit-dev librdkafka-dev libseccomp-dev
    libpq-dev libsqlite3-dev libsrtp2-dev libssl-dev libswresample-dev libswscale-dev libwebsockets-dev
)
test_packages=(
    ceph-mon ceph-osd chromium clang clang-format coturn curl ffmpeg firefox-esr fonts-dejavu-core
    gir1.2-gst-plugins-bad-1.0 gir1.2-gst-plugins-base-1.0 gstreamer1.0-nice gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly iproute2 jq
    kcat libclang-rt-14-dev mkvtoolnix nats-server nftables postgresql python3 python3-aiortc python3-gi radosgw shellcheck
    softhsm2 systemd
)
peer_packages=(janus)

installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

wanted=()
for group in "${@:-build}"; do
    case $group in
    build)
        wanted+=("${build_packages[@]}")
        # Optional, and Debian has it for this architecture only.
        [ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ] || wanted+=(libipsec-mb-dev)
        # Builds the pages. Any Node.js from 18 on will do; Debian's only where there is none.
        command -v node >/dev/null || wanted+=(nodejs)
        command -v npm >/dev/null || wanted+=(npm)
        ;;
    test)
        wanted+=("${test_packages[@]}")
        ;;
    peers)
        wanted+=("${peer_packages[@]}")
        ;;
    *)
        echo "usage: install-deps.sh [build] [test] [peers]" >&2
        exit 2
        ;;
    esac
done

missing=()
for package in "${wanted[@]}"; do
    installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "install-deps: not a Debian system; please install: ${missing[*]}" >&2
    exit 1
fi

if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "install-deps: missing: ${missing[*]}" >&2
    echo "install-deps: install sudo, or run as root: deploy/install-deps.sh $*" >&2
    exit 1
fi

echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing() {
    # Bench and tests run their own; the ones that the packages would start are never wanted.
    for service in coturn janus nats-server; do
        if [[ " ${missing[*]} " == *" $service "* ]] && [ -d /run/systemd/system ]; then
            as_root systemctl mask "$service.service"
        fi
    done
    as_root apt-get -q update &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
            --no-install-recommends "${missing[@]}"
}
if ! install_missing >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
