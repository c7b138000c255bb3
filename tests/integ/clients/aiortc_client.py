#!/usr/bin/python3
"""aiortc publishes (WHIP) or plays (WHEP): aiortc_client.py publish|play URL TOKEN
[--loopback] [--passive: it waits for the DTLS handshake]"""
import array
import asyncio
import sys

import aioice.ice
import av
from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.contrib.media import MediaPlayer
from aiortc.mediastreams import MediaStreamError
from OpenSSL import SSL

from whip import Report, Resource, run_or_end, stdin_ends

av.logging.set_level(av.logging.FATAL)
if "--loopback" in sys.argv:  # which it leaves out otherwise
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def publish(pc):
    """A moving picture and a tone."""
    pc.addTrack(MediaPlayer("testsrc=size=640x480:rate=15", format="lavfi").video)
    pc.addTrack(MediaPlayer("sine=frequency=440:sample_rate=48000", format="lavfi").audio)
    vp8 = [c for c in RTCRtpSender.getCapabilities("video").codecs
           if c.mimeType.lower() in ("video/vp8", "video/rtx")]
    for transceiver in pc.getTransceivers():
        transceiver.direction = "sendonly"
        if transceiver.kind == "video":
            transceiver.setCodecPreferences(vp8)


async def consume(track, report):
    """Decodes what comes on a track."""
    try:
        while True:
            frame = await track.recv()
            if track.kind == "video":
                report.picture(frame.width, frame.height)
            else:
                report.sound(array.array("h", bytes(frame.planes[0]))[::2])
    except MediaStreamError:
        pass


def play(pc, report):
    """One picture, one sound."""
    pc.on("track", lambda track: asyncio.ensure_future(consume(track, report)))
    pc.addTransceiver("audio", direction="recvonly")
    pc.addTransceiver("video", direction="recvonly")


def srtp_profile(pc):
    """What DTLS agreed on (RFC 5764); neither aiortc nor pyOpenSSL 23 has words for it."""
    connection = pc.getTransceivers()[0].sender.transport.ssl
    profile = SSL._lib.SSL_get_selected_srtp_profile(connection._ssl)
    return SSL._ffi.string(profile.name).decode()


async def main():
    """Until standard input ends."""
    what, url, token = sys.argv[1:4]
    pc, report, resource = RTCPeerConnection(), Report(), Resource(url, token)
    if what == "publish":
        publish(pc)
    else:
        play(pc, report)
    await pc.setLocalDescription(await pc.createOffer())
    offer = pc.localDescription.sdp
    if "--passive" in sys.argv:
        offer = offer.replace("a=setup:actpass", "a=setup:passive")
    answer = await asyncio.to_thread(resource.offer, offer)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    end = asyncio.ensure_future(asyncio.to_thread(stdin_ends))
    while not end.done():
        await asyncio.wait([end], timeout=0.25)
        report.connected = pc.connectionState == "connected"
        if report.connected:
            report.srtp_profile = srtp_profile(pc)
        report.say()
    statuses = [await asyncio.to_thread(resource.delete) for _ in range(2)]
    report.say(deleted=statuses)
    await pc.close()


run_or_end(main)
