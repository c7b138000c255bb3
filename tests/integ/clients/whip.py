"""What the clients have in common: WHIP and WHEP (RFC 9725) over HTTP, and what they tell the test.

Each prints a line of JSON four times a second: connected, frames, width, height, gap_ms (the
longest time between two pictures), samples, tone_hz and rms of the last second. When its standard
input ends it deletes its session twice, tells the two statuses, and ends.
"""
import array
import asyncio
import json
import os
import sys
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request


def run_or_end(main):
    """What fails ends the process: threads that wait for input, or make it, would hold it for ever."""
    async def run():
        try:
            await main()
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
    asyncio.run(run())


class Resource:
    """A session: made by an offer, ended by DELETE."""

    def __init__(self, url, token):
        self.url, self.token, self.location = url, token, None

    def _call(self, method, url, body=None):
        request = urllib.request.Request(url, data=body, method=method, headers={
            "authorization": f"Bearer {self.token}", "content-type": "application/sdp"})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return response.status, response.headers, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def offer(self, sdp):
        """The answer to an offer."""
        status, headers, body = self._call("POST", self.url, sdp.encode())
        if status != 201:
            raise RuntimeError(f"{status} {body}")
        self.location = urllib.parse.urljoin(self.url, headers["location"])
        return body

    def delete(self):
        """The status of DELETE."""
        return self._call("DELETE", self.location)[0]


class Report:
    """Counts what was decoded."""

    def __init__(self):
        self.connected = False
        self.frames = self.width = self.height = self.samples = 0
        self.gap_ms = self.tone_hz = self.rms = 0
        self._at = None
        self._sound = array.array("h")

    def picture(self, width, height):
        """A decoded picture."""
        now = time.monotonic()
        if self._at is not None:
            self.gap_ms = max(self.gap_ms, round(1000 * (now - self._at)))
        self._at = now
        self.frames += 1
        self.width, self.height = width, height

    def sound(self, samples):
        """Decoded samples, 16 bits, one channel, 48 kHz."""
        self.samples += len(samples)
        self._sound.extend(samples)
        if len(self._sound) >= 48000:
            s = self._sound
            crossings = sum(1 for a, b in zip(s, s[1:]) if (a < 0) != (b < 0))
            self.tone_hz = round(crossings / 2 * 48000 / len(s))
            self.rms = round((sum(x * x for x in s) / len(s)) ** 0.5)
            self._sound = array.array("h")

    def say(self, **more):
        """One line for the test."""
        said = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        print(json.dumps({**said, **more}), flush=True)


def stdin_ends():
    """Blocks until the test wants no more."""
    sys.stdin.read()
