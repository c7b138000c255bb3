#!/usr/bin/python3
"""A Vault with a transit engine, as far as the gateway's SSE-KMS asks it: data keys and decryption
under the key "testkey-1". It can be made to fail:

    kms_stub.py PORT

POST /mode/ok, /mode/deny (permission denied), /mode/gone (no such key), /mode/slow (3 s); the answer
says how many requests were answered slowly so far."""
import base64
import hashlib
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {"testkey-1": os.urandom(32)}
STATE = {"mode": "ok", "slow": 0}


def mask(key, nonce, data):
    """Not for secrets: the bytes of this test only have to come back as they were."""
    pad = hashlib.shake_256(key + nonce).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, pad))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def say(self, status, answer):
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        n = int(self.headers.get("Content-Length") or 0)
        asked = json.loads(self.rfile.read(n) or b"{}") if n else {}
        path = self.path.strip("/").split("/")
        if path[0] == "mode":
            STATE["mode"] = path[1]
            return self.say(200, {"slow": STATE["slow"]})
        if STATE["mode"] == "deny":
            return self.say(403, {"errors": ["permission denied"]})
        if STATE["mode"] == "slow":
            time.sleep(3)
            STATE["slow"] += 1
        key = KEYS.get(path[-1]) if STATE["mode"] != "gone" else None
        if key is None:
            return self.say(400, {"errors": ["encryption key not found"]})
        if "datakey" in path:
            nonce, plain = os.urandom(16), os.urandom(32)
            wrapped = base64.b64encode(nonce + mask(key, nonce, plain)).decode()
            return self.say(200, {"data": {"plaintext": base64.b64encode(plain).decode(),
                                           "ciphertext": "vault:v1:" + wrapped}})
        if "decrypt" in path:
            raw = base64.b64decode(asked["ciphertext"].split(":")[2])
            plain = mask(key, raw[:16], raw[16:])
            return self.say(200, {"data": {"plaintext": base64.b64encode(plain).decode()}})
        return self.say(404, {"errors": []})


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
