// TLS and SASL before the brokers of kafka.mjs, which have neither. It speaks as much of Kafka's protocol as that
// takes: who has not proven himself gets no further, answers have the door's addresses instead of the brokers', and
// all else goes through as it is. What it shows is how our side behaves, not how a broker of Apache's does.
import crypto from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { Tap } from './tap.mjs';

const [METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE] = [3, 17, 18, 36];
const ILLEGAL_SASL_STATE = 34;
const SASL_AUTHENTICATION_FAILED = 58;
const ITERATIONS = 4096;

const i16 = (n) => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; };
const i32 = (n) => { const b = Buffer.alloc(4); b.writeInt32BE(n); return b; };
const string = (text) => Buffer.concat([i16(Buffer.byteLength(text)), Buffer.from(text)]);
const framed = (payload) => Buffer.concat([i32(payload.length), payload]);

/** Calls `each` with what is in each frame of a stream. */
function frames(stream, each) {
  let rest = Buffer.alloc(0);
  stream.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      each(rest.subarray(4, end));
      rest = rest.subarray(end);
    }
  });
}

/** "user=..." of a message of SCRAM (RFC 5802, section 7). */
const field = (text, name) => text.split(',').find((f) => f.startsWith(`${name}=`))?.slice(2);

/** A conversation by a mechanism: (bytes) => answer to go on with, null: he is not who he says; .done when he is. */
function plain(users) {
  const talk = (bytes) => {
    const [, user, password] = bytes.toString().split('\0'); // RFC 4616
    talk.done = password !== undefined && users[user] === password;
    return talk.done ? Buffer.alloc(0) : null;
  };
  return talk;
}

function scram(hash, bits, users) {
  const hmac = (key, text) => crypto.createHmac(hash, key).update(text).digest();
  let first, server, user;
  const talk = (bytes) => {
    const text = bytes.toString();
    if (!first) {
      first = text.replace(/^n,,/, '');
      user = field(first, 'n');
      server = `r=${field(first, 'r')}${crypto.randomBytes(9).toString('base64')},s=${Buffer.from(`salt of ${user}`).toString('base64')},i=${ITERATIONS}`;
      return Buffer.from(server);
    }
    const salted = crypto.pbkdf2Sync(users[user] ?? crypto.randomBytes(9), `salt of ${user}`, ITERATIONS, bits / 8, hash);
    const all = `${first},${server},${text.replace(/,p=.*$/, '')}`;
    const key = hmac(salted, 'Client Key');
    const proof = hmac(crypto.createHash(hash).update(key).digest(), all).map((byte, i) => byte ^ key[i]);
    talk.done = field(text, 'p') === Buffer.from(proof).toString('base64');
    return talk.done ? Buffer.from(`v=${hmac(hmac(salted, 'Server Key'), all).toString('base64')}`) : null;
  };
  return talk;
}

const MECHANISMS = {
  PLAIN: plain,
  'SCRAM-SHA-256': (users) => scram('sha256', 256, users),
  'SCRAM-SHA-512': (users) => scram('sha512', 512, users),
};

export class KafkaDoor {
  /** tls: what node takes; sasl: {mechanism, users}. Both may be changed, the first by show. */
  static async before(kafka, options) {
    const door = new KafkaDoor();
    door.passed = 0; // connections that a broker was reached by
    door.early = 0; // requests of somebody who has not proven himself
    door.ports = new Map();
    door.servers = [];
    door.taps = [];
    for (const broker of kafka.brokers) {
      const to = Number(broker.split(':')[1]);
      const server = tls.createServer(options.tls, (client) => door.enter(client, to));
      server.on('tlsClientError', () => {});
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const tap = await Tap.before(server.address().port);
      door.ports.set(to, tap.port);
      door.servers.push(server);
      door.taps.push(tap);
    }
    door.sasl = options.sasl;
    return door;
  }

  get brokers() {
    return this.taps.map((tap) => `localhost:${tap.port}`);
  }

  /** Another certificate from now on. */
  show(context) {
    this.servers.forEach((server) => server.setSecureContext(context));
  }

  enter(client, to) {
    const broker = net.connect(to, '127.0.0.1');
    const asked = new Map(); // number: {what, version}
    let talk = this.sasl ? null : { done: true };
    this.passed += this.sasl ? 0 : 1;
    for (const [one, other] of [[client, broker], [broker, client]]) {
      one.on('error', () => {}).on('close', () => other.destroy());
    }
    const answer = (number, ...parts) => client.write(framed(Buffer.concat([i32(number), ...parts])));
    frames(client, (q) => {
      const [what, version, number] = [q.readInt16BE(0), q.readInt16BE(2), q.readInt32BE(4)];
      const body = q.subarray(10 + Math.max(0, q.readInt16BE(8)));
      if (what === HANDSHAKE) {
        talk = MECHANISMS[this.sasl?.mechanism]?.(this.sasl.users);
        const same = body.toString('utf8', 2) === this.sasl?.mechanism;
        answer(number, i16(same ? 0 : ILLEGAL_SASL_STATE), i32(1), string(this.sasl?.mechanism ?? ''));
      } else if (what === AUTHENTICATE && talk && !talk.done) {
        const more = talk(body.subarray(4));
        answer(number, i16(more ? 0 : SASL_AUTHENTICATION_FAILED), more ? i16(-1) : string('Authentication failed'),
          i32(more?.length ?? 0), more ?? Buffer.alloc(0));
        this.passed += talk.done ? 1 : 0;
      } else if (what === VERSIONS || talk?.done) {
        asked.set(number, { what, version });
        broker.write(framed(q));
      } else {
        this.early++;
        client.destroy();
      }
    });
    frames(broker, (a) => {
      const { what, version } = asked.get(a.readInt32BE(0)) ?? {};
      asked.delete(a.readInt32BE(0));
      client.write(framed(what === METADATA ? this.readdressed(a, version) : what === VERSIONS && this.sasl ? this.withSasl(a) : a));
    });
  }

  /** The answer to ApiVersions, with what the door can. */
  withSasl(a) {
    const more = [HANDSHAKE, 0, 1, AUTHENTICATE, 0, 0].map(i16);
    const n = a.readInt32BE(6);
    const end = 10 + 6 * n;
    return Buffer.concat([a.subarray(0, 6), i32(n + 2), a.subarray(10, end), ...more, a.subarray(end)]);
  }

  /** The answer to Metadata (up to version 2), with the door's addresses. */
  readdressed(a, version) {
    const parts = [a.subarray(0, 8)];
    let at = 8;
    for (let i = a.readInt32BE(4); i > 0; i--) {
      const host = at + 4;
      const port = host + 2 + a.readInt16BE(host);
      parts.push(a.subarray(at, host), string('localhost'), i32(this.ports.get(a.readInt32BE(port))));
      at = port + 4;
      if (version >= 1) {
        const rack = 2 + Math.max(0, a.readInt16BE(at));
        parts.push(a.subarray(at, at + rack));
        at += rack;
      }
    }
    return Buffer.concat([...parts, a.subarray(at)]);
  }
}
