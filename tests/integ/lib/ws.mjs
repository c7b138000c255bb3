// A WebSocket client (RFC 6455) in a page, so that tests can also do what a good client never does:
// send fragments, oversized messages, foreign origins, and not read.
import crypto from 'node:crypto';
import http from 'node:http';

/** One frame as it goes on the wire; tests of bad input write it to the socket themselves. */
export function frame(opcode, payload, { fin = true, mask = true } = {}) {
  const length = payload.length;
  const head = length < 126 ? Buffer.alloc(2) : Buffer.alloc(length < 65536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (length < 126) {
    head[1] = length;
  } else if (length < 65536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  if (!mask) {
    return Buffer.concat([head, payload]);
  }
  head[1] |= 0x80;
  const key = crypto.randomBytes(4);
  const body = Buffer.from(payload);
  for (let i = 0; i < body.length; i++) {
    body[i] ^= key[i & 3];
  }
  return Buffer.concat([head, key, body]);
}

export class WsClient {
  constructor(socket) {
    this.socket = socket;
    this.buffer = Buffer.alloc(0);
    this.messages = [];
    this.waiting = [];
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    socket.on('data', (data) => this.take(data));
    socket.on('error', () => {});
    socket.on('close', () => this.resolveClosed({ code: 1006 }));
  }

  /** Resolves to a client, or rejects with an Error whose `status` is the HTTP answer. */
  static open(base, { path = '/v1/signal', protocol = 'oriel.v1', origin, headers: more, from } = {}) {
    return new Promise((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': crypto.randomBytes(16).toString('base64'),
        ...(protocol && { 'Sec-WebSocket-Protocol': protocol }),
        ...(origin && { Origin: origin }),
        ...more,
      };
      const request = http.request(new URL(path, base), { headers, localAddress: from });
      request.on('upgrade', (response, socket, head) => {
        const client = new WsClient(socket);
        client.protocol = response.headers['sec-websocket-protocol'];
        client.take(head);
        resolve(client);
      });
      request.on('response', (response) => {
        response.resume();
        const error = new Error(`HTTP ${response.statusCode}`);
        error.status = response.statusCode;
        reject(error);
      });
      request.on('error', reject);
      request.end();
    });
  }

  take(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      if (this.buffer.length < 2) {
        return;
      }
      let length = this.buffer[1] & 0x7f;
      let at = 2;
      if (length === 126) {
        if (this.buffer.length < 4) {
          return;
        }
        length = this.buffer.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (this.buffer.length < 10) {
          return;
        }
        length = Number(this.buffer.readBigUInt64BE(2));
        at = 10;
      }
      if (this.buffer.length < at + length) {
        return;
      }
      const opcode = this.buffer[0] & 15;
      const payload = this.buffer.subarray(at, at + length);
      this.buffer = this.buffer.subarray(at + length);
      this.frame(opcode, payload);
    }
  }

  frame(opcode, payload) {
    if (opcode === 8) {
      this.resolveClosed({ code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005 });
      this.socket.write(frame(8, payload));
    } else if (opcode === 9) {
      this.socket.write(frame(10, payload));
    } else if (opcode === 1) {
      const message = JSON.parse(payload.toString('utf8'));
      const waiter = this.waiting.shift();
      waiter ? waiter(message) : this.messages.push(message);
    }
  }

  /** The next message. */
  next(ms = 10000) {
    if (this.messages.length) {
      return Promise.resolve(this.messages.shift());
    }
    return new Promise((resolve, reject) => {
      const waiter = (message) => {
        clearTimeout(timer);
        resolve(message);
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1); // the next message is for others
        reject(new Error(`no message within ${ms} ms`));
      }, ms);
      this.waiting.push(waiter);
    });
  }

  send(text) {
    this.socket.write(frame(1, Buffer.from(text)));
  }

  /** One message in pieces. */
  sendFragments(pieces) {
    pieces.forEach((piece, i) => this.socket.write(
      frame(i ? 0 : 1, Buffer.from(piece), { fin: i === pieces.length - 1 })));
  }

  /** Sends an object and gives the next message. */
  ask(object) {
    this.send(JSON.stringify(object));
    return this.next();
  }

  close() {
    this.socket.write(frame(8, Buffer.from([3, 232])));
    return this.closed;
  }
}
