/* H.264 over RTP (RFC 6184, packetization modes 0 and 1): single NAL units, STAP-A and FU-A. A
 * frame is an access unit: NAL units with 4-byte lengths, as an MP4 file holds them (ISO/IEC
 * 14496-15), parameter sets, delimiters and filling left out. Parameter sets are kept from wherever
 * they come; a key frame is an IDR picture whose sets are known, and carries them as avcC. A frame
 * that refers to sets which the last key frame did not carry is dropped as if a packet of it were
 * lost. frame_num tells whether a picture is missing before one. B-frames are not expected: WebRTC
 * sends pictures in the order in which they are shown. Thread: any. */
#ifndef ORIEL_RECORDER_TIMELINE_DEPACKETIZE_H264_H
#define ORIEL_RECORDER_TIMELINE_DEPACKETIZE_H264_H

#include "recorder/timeline/depacketizer.h"

extern const struct depacketizer_codec depacketize_h264;

#endif
