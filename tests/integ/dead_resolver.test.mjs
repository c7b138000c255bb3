// A name server that never answers: receivers of events, keys of tokens and addresses of media are names. Who
// visits, a reload and a stop wait for none of them.
import dgram from 'node:dgram';
import fs from 'node:fs';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { enterNamespace } from './lib/netns.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

if (!enterNamespace()) {
  await test('a network namespace can be made', () => expect(false, 'unshare --net fails'));
  finish();
}

const SECRET = 'a name is but sound and smoke, says Faust';
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const NAMES = ['hooks.test', 'bus.test', 'lake.test', 'keys.test'];
const token = minter(SECRET);
const dir = tempDir();

/** What was asked of the name server. */
const asked = new Set();
const silence = dgram.createSocket('udp4');
silence.on('message', (query) => {
  const labels = [];
  for (let at = 12; query[at] > 0; at += query[at] + 1) { // RFC 1035, section 4.1.2
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
  }
  asked.add(labels.join('.').toLowerCase());
});
await new Promise((resolve) => silence.bind(53, '127.0.0.1', resolve));

// The resolver is patient: two and a half minutes for each name.
const [resolv, hosts] = ['resolv.conf', 'hosts'].map((name) => path.join(dir, name));
fs.writeFileSync(resolv, 'nameserver 127.0.0.1\noptions timeout:30 attempts:5\n');
fs.writeFileSync(hosts, '127.0.0.1 localhost media.test\n');
const secret = path.join(dir, 'hook.secret');
fs.writeFileSync(secret, `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });

const file = await writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', announce: ['media.test'], port: 0, workers: 1 };
  c.tours = [{ name: 'elm', title: 'Elm', record: 'off' }];
  c.limits = { sessions_per_second: 100000 };
  c.log = { format: 'json', level: 'info' };
  c.auth = { hs256_secret: SECRET, audience: 'oriel',
    issuers: [{ name: 'keys', issuer: 'https://keys.test', algorithms: ['ES256'], keys_url: 'https://keys.test/jwks' }] };
  c.events = {
    timeout_s: 300,
    webhooks: [{ name: 'office', url: 'https://hooks.test/x', secret_file: secret }],
    nats: [{ name: 'bus', urls: ['tls://bus.test:4222'] }],
    kafka: [{ name: 'lake', brokers: ['lake.test:9093'] }],
  };
});

const server = new Server(['unshare', '--mount', 'sh', '-c',
  'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"', 'sh', resolv, hosts,
  ORIEL, 'serve', '-c', file]);
await server.ready;

/** [ms] What something takes. */
async function timed(what) {
  const began = Date.now();
  await what();
  return Date.now() - began;
}

async function visit(sub) {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await client.ask({ type: 'join', id: 1, token: token({ role: 'agent', tour: 'elm', sub, name: 'Ada' }), offer: OFFER,
    sources: [{ mid: '0', kind: 'microphone' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  await client.ask({ type: 'leave', id: 2 });
  await client.close();
}

const PROMPT = 5000; // [ms] and not 150 s

await test('who visits does not wait for names of receivers', async () => {
  await visit('ada');
  await until(() => NAMES.every((name) => asked.has(name)), 'look-ups of all', 20000);
  const took = await timed(() => visit('bob'));
  expect(took < PROMPT, `a visit took ${took} ms`);
});

await test('a reload does not wait for the names of media', async () => {
  fs.writeFileSync(hosts, '127.0.0.1 localhost\n'); // not known any more
  process.kill(server.pid, 'SIGHUP');
  await until(() => asked.has('media.test'), 'its look-up', 20000);
  const took = await timed(() => visit('cem'));
  expect(took < PROMPT, `a visit took ${took} ms`);
  const count = () => server.log.filter((line) => line.includes('"event":"reloaded"')).length;
  const before = count();
  process.kill(server.pid, 'SIGHUP');
  await until(() => count() > before, 'another reload', PROMPT);
});

await test('a stop does not wait for any of them', async () => {
  const took = await timed(async () => expectEqual((await server.stop()).code, 0, 'its end'));
  console.log(`# it stopped after ${took} ms`);
  expect(took < PROMPT, `the stop took ${took} ms`);
});

silence.close();
finish();
