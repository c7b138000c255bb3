// A nats-server of the test's own on loopback, with JetStream, TLS and one way to log in; and as much of a client
// of it as it takes to make a stream and to read it.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { until } from './harness.mjs';
import { freePort } from './server.mjs';

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

const PASSWORD = 'the password of the bus';

export class Nats {
  /** Everything it keeps lies in dir, also over a restart. options: those of configure. */
  static async make(dir, options = {}) {
    const nats = new Nats();
    nats.dir = dir;
    nats.port = await freePort();
    fs.mkdirSync(dir);
    [nats.ca, nats.key, nats.passwordFile] = ['cert.pem', 'key.pem', 'password'].map((f) => path.join(dir, f));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', nats.key, '-out', nats.ca], { stdio: 'ignore' });
    fs.writeFileSync(nats.passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
    nats.configure(options);
    return nats;
  }

  /** From its next start on. tls: {cert, key} instead of those in dir; clients: who signs theirs, of which the test's
   *  is `certificate`; token, or `more`, that is lines of its configuration, with a `user` of nats_jwt.mjs: instead of a
   *  password. */
  configure(options) {
    this.options = options;
    const { tls: own = { cert: this.ca, key: this.key }, clients, token, more } = options;
    const who = token ? `token: "${token}"` : `users: [ { user: oriel, password: "${PASSWORD}" } ]`;
    fs.writeFileSync(path.join(this.dir, 'nats.conf'), `listen: "127.0.0.1:${this.port}"
jetstream { store_dir: "${this.dir}/store" }
tls { cert_file: "${own.cert}", key_file: "${own.key}"${clients ? `, ca_file: "${clients}", verify: true` : ''} }
${more ?? `authorization { ${who} }`}
log_file: "${this.dir}/log"
`);
  }

  /** How the test itself logs in. */
  login(info) {
    const { token, user } = this.options;
    const named = user ? { jwt: user.jwt, sig: user.key.sign(info.nonce) } : token ? { auth_token: token } : { user: 'oriel', pass: PASSWORD };
    return JSON.stringify({ ...named, verbose: false, headers: true, no_responders: true });
  }

  async start() {
    this.child = spawn('nats-server', ['-c', path.join(this.dir, 'nats.conf')], { stdio: 'ignore' });
    running.add(this.child);
    await until(() => new Promise((resolve) => {
      const probe = net.connect(this.port, '127.0.0.1');
      probe.on('data', (text) => resolve(String(text).startsWith('INFO '))).on('error', () => resolve(false));
    }), 'nats-server', 15000);
  }

  async kill() {
    const gone = new Promise((resolve) => this.child.on('exit', resolve));
    this.child.kill('SIGKILL');
    await gone;
    running.delete(this.child);
  }

  /** The answer to one request, as JSON. */
  async request(subject, body) {
    const plain = net.connect(this.port, '127.0.0.1');
    const info = await new Promise((resolve) => plain.once('data', (text) => resolve(JSON.parse(String(text).slice(5)))));
    const { certificate } = this.options;
    const own = certificate && { cert: fs.readFileSync(certificate.cert), key: fs.readFileSync(certificate.key) };
    // Whoever it is: certificates are for the other side to judge.
    const socket = tls.connect({ socket: plain, servername: 'localhost', rejectUnauthorized: false, ...own });
    const text = JSON.stringify(body);
    socket.write(`CONNECT ${this.login(info)}\r\nSUB in 1\r\nPUB ${subject} in ${Buffer.byteLength(text)}\r\n${text}\r\n`);
    let all = '';
    for await (const chunk of socket) {
      all += chunk;
      const answer = /^H?MSG in 1 [0-9 ]+\r\n(.*)\r\n/m.exec(all);
      if (answer) {
        socket.destroy();
        return JSON.parse(answer[1]);
      }
    }
    throw new Error(`no answer of nats-server: ${all}`);
  }

  /** Makes or changes the stream EVENTS of all that is told. */
  async stream(config = {}, what = 'CREATE') {
    const made = await this.request(`$JS.API.STREAM.${what}.EVENTS`,
      { name: 'EVENTS', subjects: ['real-estate.events.>'], storage: 'file', num_replicas: 1, ...config });
    if (made.error) {
      throw new Error(JSON.stringify(made.error));
    }
  }

  /** The event that came last to a subject, if there is one: []. */
  async lastOf(subject) {
    const { message } = await this.request('$JS.API.STREAM.MSG.GET.EVENTS', { last_by_subj: subject });
    return message ? [JSON.parse(Buffer.from(message.data, 'base64').toString())] : [];
  }

  /** What the stream has from message number `from` on: [{seq, subject, id, event}]. */
  async messages(from = 1) {
    const { state } = await this.request('$JS.API.STREAM.INFO.EVENTS', {});
    const all = [];
    for (let seq = from; seq <= state.last_seq; seq++) {
      const { message } = await this.request('$JS.API.STREAM.MSG.GET.EVENTS', { seq });
      const headers = Buffer.from(message.hdrs, 'base64').toString();
      all.push({ seq, subject: message.subject, id: /^Nats-Msg-Id: *(\S+)/m.exec(headers)[1],
        event: JSON.parse(Buffer.from(message.data, 'base64').toString()) });
    }
    return all;
  }
}
