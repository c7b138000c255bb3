#!/bin/bash
# A recording read back is a file that other people's tools accept: it decodes without a word,
# says its length, has an index, and time never goes back in it.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
. tests/integ/lib/verdict.sh

test=${ORIEL_TEST_RECORDER:-build/asan/tests/test_recorder}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

check() {
    "${@:2}"
    verdict $? "$1"
}

decodes() {
    local said
    if ! said=$(ffmpeg -nostdin -v warning -i "$1" -f null - 2>&1) || [ -n "$said" ]; then
        echo "# $said"
        return 1
    fi
}

lasts() {
    ffprobe -v error -show_entries format=duration -of csv=p=0 "$1" |
        awk -v from="$2" -v to="$3" '{ ok = $1 >= from && $1 <= to } END { exit !ok }'
}

rises() {
    ffprobe -v error -show_entries packet=stream_index,pts_time -of csv=p=0 "$1" |
        awk -F, '($1 in last) && $2 + 0 <= last[$1] { bad = 1 } { last[$1] = $2 + 0; n++ }
                 END { exit bad || n < 50 }'
}

indexed() {
    mkvinfo -v -v "$1" >"$dir/info" && grep -q '^|+ Cues' "$dir/info" &&
        ! grep -q 'Unknown element' "$dir/info"
}

seeks() {
    local at
    at=$(ffprobe -v error -select_streams v -read_intervals 4.5%+#1 \
        -show_entries packet=pts_time,flags -of csv=p=0 "$1" | head -n 1)
    [[ $at == 4.* && $at == *K* ]] || {
        echo "# a seek to 4.5 s landed at $at"
        return 1
    }
}

measures() {
    [ "$(ffprobe -v error -select_streams v -show_entries stream=width,height -of csv=p=0 "$1")" = "$2" ]
}

# lands FILE SECONDS FROM TO: a seek there finds a key frame between FROM and TO.
lands() {
    local at
    at=$(ffprobe -v error -select_streams v -read_intervals "$2%+#1" \
        -show_entries packet=pts_time,flags -of csv=p=0 "$1" | head -n 1)
    echo "$at" | awk -F, -v from="$3" -v to="$4" \
        '{ ok = $1 >= from && $1 <= to && $2 ~ /K/ } END { exit !ok }' || {
        echo "# a seek to $2 s landed at $at"
        return 1
    }
}

ORIEL_TEST_KEEP=$dir "$test" recorder_records_a_tour >/dev/null
for name in programme camera microphone; do
    file=$dir/$name.webm
    check "$name decodes" decodes "$file"
    check "$name says how long it is" lasts "$file" 5.9 6.3
    check "$name rises in time" rises "$file"
    check "$name has an index" indexed "$file"
done
check "programme seeks to a key frame" seeks "$dir/programme.webm"

# Every other codec, and sound that begins before the pictures.
ORIEL_TEST_KEEP=$dir "$test" codecs_ >/dev/null
for file in vp9.webm av1.webm h264.mp4 h264_camera.mp4 sound_first.webm; do
    check "$file decodes" decodes "$dir/$file"
    check "$file rises in time" rises "$dir/$file"
    check "$file has the size of its pictures" measures "$dir/$file" 320,180
    case $file in
    *.webm) check "$file has an index" indexed "$dir/$file" ;;
    esac
done
for file in vp9.webm av1.webm h264.mp4 h264_camera.mp4; do
    check "$file says how long it is" lasts "$dir/$file" 3.9 4.4
    check "$file seeks to its second key frame" lands "$dir/$file" 3.0 1.9 2.2
done
# Pictures that are shown in another order than they come: so many, each at its time.
in_order() {
    ffprobe -v error -select_streams v -show_entries frame=pts_time -of csv=p=0 "$1" |
        awk -v n="$2" -v step="$3" 'NR > 1 && ($1 < last + step - 0.003 || $1 > last + step + 0.003) { bad = 1 }
                                    { last = $1 } END { exit bad || NR != n }'
}
check "h264_b.mp4 decodes" decodes "$dir/h264_b.mp4"
check "h264_b.mp4 shows each picture in its turn" in_order "$dir/h264_b.mp4" 60 0.0667
check "h264_b.mp4 seeks to its second key frame" lands "$dir/h264_b.mp4" 3.0 1.9 2.2
# What an encoder of Opus is behind is taken off in either container: 6.5 ms, in WebM 7 as its packets'
# times are whole milliseconds.
sound_at() {
    ffprobe -v error -select_streams a -show_entries packet=pts_time -of csv=p=0 \
        -read_intervals %+0.01 "$1" | head -1 | awk -F, -v a="$2" -v b="$3" '{ exit !($1 >= a && $1 <= b) }'
}
check "h264.mp4 takes the encoder's delay off" sound_at "$dir/h264.mp4" -0.0066 -0.0064
check "vp9.webm takes the encoder's delay off" sound_at "$dir/vp9.webm" -0.0075 -0.006
check "sound_first.webm says how long it is" lasts "$dir/sound_first.webm" 12.9 13.1
# The last pictures of a camera have 8x8 and 2x2 pixels: the file and what is made of it are whole.
ORIEL_TEST_KEEP=$dir "$test" derived_of_a_recording_that_ends_with_degenerate >/dev/null
mkvinfo "$dir/tiny_end.webm" >"$dir/info" && grep -q 'Pixel width: 320' "$dir/info"
verdict $? "tiny_end.webm has the size of its largest picture"
check "tiny_end.webm rises in time" rises "$dir/tiny_end.webm"
for file in tiny_end_stage.mp4 tiny_end_faces.mp4; do
    check "$file decodes" decodes "$dir/$file"
    check "$file has one size" measures "$dir/$file" 320,180
done
count_verdicts
