#!/usr/bin/python3
"""GStreamer's webrtcbin publishes (WHIP) or plays (WHEP): gst_client.py publish|play URL TOKEN [vp8|h264]"""
import array
import sys
import threading

import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from whip import Report, Resource, stdin_ends  # noqa: E402

# The H.264 payloader puts delimiter and parameter sets before each key frame into one packet.
SENT = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=3000 ! rtpvp8pay ! "
           "application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=3000 aud=true ! "
            "video/x-h264,stream-format=byte-stream,profile=constrained-baseline ! "
            "rtph264pay config-interval=-1 aggregate-mode=zero-latency ! "
            "application/x-rtp,media=video,encoding-name=H264,payload=96,"
            "packetization-mode=(string)1,profile-level-id=(string)42c01f",
}
RECEIVED = {
    "vp8": "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000",
    "h264": "application/x-rtp,media=video,encoding-name=H264,payload=96,clock-rate=90000,"
            "packetization-mode=(string)1,profile-level-id=(string)42e01f",
}
OPUS = "application/x-rtp,media=audio,encoding-name=OPUS,payload=111,clock-rate=48000"


class Client:
    """One webrtcbin and what it is connected with."""

    def __init__(self, what, url, token, codec):
        self.report, self.resource = Report(), Resource(url, token)
        self.loop, self.offered = GLib.MainLoop(), False
        if what == "publish":
            self.pipeline = Gst.parse_launch(
                "webrtcbin name=w bundle-policy=max-bundle "
                "videotestsrc is-live=true pattern=ball ! "
                f"video/x-raw,width=640,height=480,framerate=15/1 ! queue ! {SENT[codec]} ! w. "
                "audiotestsrc is-live=true freq=440 volume=0.3 ! audioconvert ! audioresample ! "
                f"queue ! opusenc ! rtpopuspay ! {OPUS.replace(',clock-rate=48000', '')} ! w.")
            self.bin = self.pipeline.get_by_name("w")
        else:
            self.pipeline = Gst.Pipeline()
            self.bin = Gst.ElementFactory.make("webrtcbin", "w")
            self.bin.set_property("bundle-policy", "max-bundle")
            self.pipeline.add(self.bin)
            self.bin.connect("pad-added", self.on_stream)
            only = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            for caps in (RECEIVED[codec], OPUS):
                self.bin.emit("add-transceiver", only, Gst.Caps.from_string(caps))
        # Kept, for a reference is lost with the property. Without UPnP nothing is multicast.
        self.ice = self.bin.get_property("ice-agent")
        self.ice.get_property("agent").set_property("upnp", False)
        self.bin.connect("notify::ice-gathering-state", self.on_gathered)
        self.bin.connect("notify::connection-state", self.on_state)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, m: print(m.parse_error(), file=sys.stderr))
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.idle_add(self.make_offer)
        GLib.timeout_add(250, self.tell)
        threading.Thread(target=self.until_end, daemon=True).start()

    def make_offer(self):
        """Gathering begins with the local description."""
        def made(promise, *_):
            reply = promise.get_reply()  # the description lives as long as this does
            self.bin.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())
        self.bin.emit("create-offer", None, Gst.Promise.new_with_change_func(made))
        return False

    def on_gathered(self, *_):
        """All candidates are known: offer."""
        complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.offered or self.bin.get_property("ice-gathering-state") != complete:
            return
        self.offered = True
        threading.Thread(target=self.negotiate, daemon=True).start()

    def negotiate(self):
        """On a thread of its own, for HTTP blocks."""
        answer = self.resource.offer(self.bin.get_property("local-description").sdp.as_text())
        message = GstSdp.SDPMessage.new_from_text(answer)[1]
        description = GstWebRTC.WebRTCSessionDescription.new(
            GstWebRTC.WebRTCSDPType.ANSWER, message)
        GLib.idle_add(lambda: bool(self.bin.emit("set-remote-description", description,
                                                 Gst.Promise.new())))

    def on_state(self, *_):
        """Connected or not."""
        state = self.bin.get_property("connection-state")
        self.report.connected = state == GstWebRTC.WebRTCPeerConnectionState.CONNECTED

    def on_stream(self, _, pad):
        """A stream is decoded by what decodes it."""
        if pad.direction != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.on_decoded)
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_decoded(self, _, pad):
        """Pictures are counted, samples are heard."""
        video = pad.get_current_caps().get_structure(0).get_name() == "video/x-raw"
        sink = Gst.parse_bin_from_description(
            "fakesink name=s sync=false" if video else
            "audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate=48000 ! "
            "fakesink name=s sync=false", True)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        sink.get_by_name("s").get_static_pad("sink").add_probe(
            Gst.PadProbeType.BUFFER, self.on_picture if video else self.on_sound)

    def on_picture(self, pad, _):
        """One decoded picture."""
        caps = pad.get_current_caps().get_structure(0)
        self.report.picture(caps.get_value("width"), caps.get_value("height"))
        return Gst.PadProbeReturn.OK

    def on_sound(self, _, info):
        """Some decoded samples."""
        buffer = info.get_buffer()
        self.report.sound(array.array("h", buffer.extract_dup(0, buffer.get_size())))
        return Gst.PadProbeReturn.OK

    def tell(self):
        """Four times a second."""
        self.report.say()
        return True

    def until_end(self):
        """On a thread of its own."""
        stdin_ends()
        self.report.say(deleted=[self.resource.delete() for _ in range(2)])
        GLib.idle_add(self.loop.quit)


Gst.init(None)
client = Client(*sys.argv[1:4], (sys.argv[4:] + ["vp8"])[0])
client.loop.run()
client.pipeline.set_state(Gst.State.NULL)
