// What web/lib/oriel.js finds around it in a browser, in virtual time: a clock, peer connections, and
// a server behind a network that can be away or slow. Import before the library.

export const clock = { now: 0, timers: [] };
performance.now = () => clock.now;
Date.now = () => clock.now;
const realTimeout = globalThis.setTimeout;
globalThis.setTimeout = (run, ms = 0) => {
  const timer = { at: clock.now + Math.max(0, ms), run };
  clock.timers.push(timer);
  return timer;
};
globalThis.clearTimeout = (timer) => {
  clock.timers = clock.timers.filter((t) => t !== timer);
};

const settle = () => new Promise((done) => { realTimeout(done, 0); }); // all promises

/** Time passes. */
export async function run(ms) {
  for (const end = clock.now + ms; clock.now < end;) {
    clock.now += 10;
    media();
    const due = clock.timers.filter((t) => t.at <= clock.now);
    clock.timers = clock.timers.filter((t) => t.at > clock.now);
    due.forEach((t) => t.run());
    if (due.length > 0) {
      await settle();
      await settle();
    }
  }
}

/** The machine sleeps: no timer runs, and all that are due run when it wakes. */
export const sleep = (ms) => { clock.now += ms; };

/** Listeners of the window. */
export const listeners = new Set();
globalThis.addEventListener = (type, listener, { signal } = {}) => {
  listeners.add(listener);
  signal?.addEventListener('abort', () => listeners.delete(listener));
};

export const network = { up: true, delay: 20 }; // [ms] one way

/** Addresses of the machine: that documents were told of, and that one begins with which is made now. */
export const addresses = { told: [], now: [] };

const allPeers = [];
let certificates = 0;
export class Peer {
  constructor({ iceServers = [] } = {}, document = { isConnected: true, addresses: addresses.told }) {
    if (iceServers.some(({ urls }) => [urls].flat().includes('turn:host:99999'))) {
      throw new SyntaxError('a URL that cannot be read');
    }
    this.document = document;
    this.addresses = document.addresses;
    this.certificate = `c${++certificates}`;
    this.connectionState = 'new';
    this.transceivers = [];
    this.bytes = 0;
    allPeers.push(this);
  }

  addTransceiver(kind, { direction }) {
    const mid = String(this.transceivers.length);
    const sender = { track: null, getParameters: () => ({ encodings: [{}] }), setParameters: async () => undefined,
      replaceTrack: async (track) => { sender.track = track; } };
    const transceiver = { mid, direction, sender, receiver: { track: { id: `${this.certificate}-${mid}` } } };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  createDataChannel() {}

  getConfiguration() { return {}; }

  setConfiguration() { this.mustLive(); }

  mustLive() {
    if (this.connectionState === 'closed') {
      throw new DOMException('closed', 'InvalidStateError');
    }
  }

  async createOffer() { this.mustLive(); return {}; }

  async setLocalDescription() {
    this.mustLive();
    const candidates = this.addresses.map((a) => `a=candidate:1 1 udp 1 ${a} 40000 typ host`);
    this.localDescription = { sdp: [this.certificate, ...candidates].join('\r\n') };
  }

  async setRemoteDescription({ sdp }) {
    this.mustLive();
    await new Promise((done) => { setTimeout(done, 5); }); // a browser has messages in between
    this.transport = sdp; // which of the server's
  }

  /** What is of a document that is no more has no voice, and its promises stay open. */
  isDead() {
    return !this.document.isConnected;
  }

  async getStats() {
    if (this.isDead()) {
      return new Promise(() => {});
    }
    return new Map([[1, { type: 'candidate-pair', bytesReceived: this.bytes }]]);
  }

  become(state) {
    if (this.connectionState !== state) {
      this.connectionState = state;
      this.onconnectionstatechange?.();
    }
  }

  close() { this.connectionState = 'closed'; }
}

/** Documents beside the page. */
export const frames = new Set();
globalThis.document = {
  createElement: () => {
    const frame = { isConnected: false, addresses: addresses.now };
    frame.contentWindow = { RTCPeerConnection: class extends Peer {
      constructor(options) { super(options, frame); }
    } };
    frame.remove = () => { frame.isConnected = !frames.delete(frame) && frame.isConnected; };
    return frame;
  },
  documentElement: {
    append: (frame) => {
      frames.add(frame);
      frame.isConnected = true;
    },
  },
};

/** It is bound to addresses that the machine has no more. */
const strays = (peer) => peer.addresses.length > 0 && !peer.addresses.some((a) => addresses.now.includes(a));

/** A peer connection shakes hands once: a second transport of the server never gets through to it. */
function media() {
  server.giveUp();
  for (const peer of allPeers) {
    const transport = server.transports.get(peer.transport);
    if (peer.connectionState === 'closed' || peer.isDead() || strays(peer) || !transport || !network.up) {
      continue;
    }
    peer.shook ??= transport;
    if (peer.shook === transport && server.transport === transport) {
      transport.heard = clock.now;
      peer.bytes += 500;
      peer.become('connected');
    }
  }
}

/** One seat, and what docs/protocol.md says about it. */
export const server = {
  keeps: 15000, // [ms] a transport that it does not hear of
  reset() {
    Object.assign(this, { transport: null, transports: new Map(), spent: '', muted: [], asked: [], sockets: [],
      silent: false, made: 0, shown: null });
  },
  giveUp() {
    if (this.transport && clock.now - this.transport.heard > this.keeps) {
      this.spent = this.transport.certificate;
      this.transport = null;
    }
  },
  offered(sdp) {
    const [certificate] = sdp.split('\r\n');
    if (this.transport?.certificate !== certificate) {
      if (certificate === this.spent) {
        return null;
      }
      this.spent = this.transport?.certificate ?? this.spent;
      this.transport = { certificate, heard: clock.now, name: `t${++this.made}` };
      this.transports.set(this.transport.name, this.transport);
      this.shown = null;
    }
    return this.transport.name;
  },
  answer({ type, offer }) {
    const at = offer === undefined ? undefined : this.offered(offer);
    if (at === null) {
      return { type: 'error', code: 'transport_gone', message: '' };
    }
    // Who is shown on a transport that is new is told as soon as the relay has found that out. What is in an answer is
    // told no more.
    const slots = [{ mid: '3', kind: 'stage', index: 0, participant: this.shown, source: this.shown && 'camera' }];
    const seat = { participant: { id: 'p1' }, tour: { recording: false }, roster: [], resume: 'secret' };
    const told = { join: seat, resume: seat, restart: {} }[type];
    return told ? { type, ...told, answer: at, slots } : { type: 'ok' };
  },
};
server.reset();

class Socket {
  static OPEN = 1;

  constructor() {
    this.readyState = 0;
    server.sockets.push(this);
    this.later(3 * network.delay, () => {
      this.readyState = 1;
      this.onopen();
    });
  }

  /** Once the network has carried it both ways; what it swallowed never comes. */
  later(ms, run) {
    setTimeout(() => network.up && this.readyState < 2 && run(), ms);
  }

  send(text) {
    const message = JSON.parse(text);
    this.later(network.delay, () => {
      server.asked.push([message.type, server.sockets.indexOf(this)]);
      if (!server.silent) {
        const reply = { re: message.id, ...server.answer(message) };
        const tell = (ms, what) => this.later(ms, () => this.onmessage({ data: JSON.stringify(what) }));
        tell(network.delay, reply);
        if (reply.slots && !server.shown) {
          server.shown = 'p2';
          tell(network.delay + 1, { type: 'slot', mid: '3', participant: 'p2', source: 'camera' });
        }
      }
    });
  }

  close() {
    if (this.readyState < 2) {
      this.readyState = 3;
      setTimeout(() => this.onclose({ code: 1000 }), 0);
    }
  }
}

Object.defineProperty(globalThis, 'navigator', { value: { userAgent: '' }, configurable: true });
Object.assign(globalThis, { WebSocket: Socket, RTCPeerConnection: Peer,
  RTCRtpReceiver: { getCapabilities: () => null } });
export const peers = () => allPeers;
