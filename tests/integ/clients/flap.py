#!/usr/bin/python3
"""Somebody with valid keys whose microphone and camera flap: a packet, a BYE, and so on, 4000
packets a second in all (WHIP): flap.py URL TOKEN SECONDS. Prints how many packets it has sent."""
import asyncio
import sys
import time

import aioice.ice
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.rtp import RtcpByePacket, RtpPacket

from whip import Resource, run_or_end

PER_SECOND = 2000  # of each: packets, and BYEs
TURN = 0.005  # seconds
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


async def flap(transceiver, number):
    """A packet, and the end of its stream."""
    sender = transceiver.sender
    packet = RtpPacket(payload_type=transceiver._codecs[0].payloadType, marker=1,
                       sequence_number=number & 0xffff, timestamp=number * 960,
                       ssrc=sender._ssrc, payload=b"\x90\xe0\x80" + bytes(60))
    await sender.transport._send_rtp(packet.serialize())
    await sender.transport._send_rtp(bytes(RtcpByePacket(sources=[sender._ssrc])))


async def main():
    """Until the time is over."""
    url, token, seconds = sys.argv[1:4]
    pc, resource = RTCPeerConnection(), Resource(url, token)
    lines = [pc.addTransceiver(kind, direction="sendonly") for kind in ("audio", "video")]
    await pc.setLocalDescription(await pc.createOffer())
    answer = await asyncio.to_thread(resource.offer, pc.localDescription.sdp)
    await pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    while pc.connectionState != "connected":
        await asyncio.sleep(0.02)
    begun, sent = time.monotonic(), 0
    while time.monotonic() - begun < float(seconds):
        due = int((time.monotonic() - begun) * PER_SECOND)
        for sent in range(sent, due):
            await flap(lines[sent % 2], sent // 2 + 1)
        sent = max(sent, due)
        await asyncio.sleep(TURN)
    print(2 * sent, flush=True)
    await asyncio.to_thread(resource.delete)
    await pc.close()


run_or_end(main)
