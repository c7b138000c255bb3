// Brokers have to prove who they are, and Oriel to them: certificates of every wrong kind, wrong passwords, tokens
// and credentials, and servers that fall silent. Nothing of an event leaves before that is right, nothing is ever in
// clear, and when it is mended all that waited comes.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { authority } from './lib/certs.mjs';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { Kafka } from './lib/kafka.mjs';
import { KafkaDoor } from './lib/kafka_door.mjs';
import { Nats } from './lib/nats.mjs';
import { operator } from './lib/nats_jwt.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { Tap } from './lib/tap.mjs';
import { minter } from './lib/token.mjs';
import { WsClient } from './lib/ws.mjs';

const SECRET = 'trust is good, a certificate is better';
const [PASSWORD, OTHER_PASSWORD] = ['the password of the lake', 'some password or other'];
const [TOKEN, OTHER_TOKEN] = ['the-token-of-the-bus', 'some-token-or-other'];
const OFFER = fs.readFileSync(path.join(ROOT, 'tests/data/offer.sdp'), 'utf8');
const token = minter(SECRET);
const dir = tempDir();
const at = (name) => path.join(dir, name);
const file = (name, text) => fs.writeFileSync(at(name), text, { mode: 0o600 }) ?? at(name);

const [ca, others] = ['ours', 'others'].map((name) => authority(dir, name));
const good = ca.sign('localhost');
const wrong = { untrusted: others.sign('localhost'), expired: ca.sign('localhost', { days: -1 }), elsewhere: ca.sign('bus.example.com') };
const [ours, stranger] = [ca.sign('oriel'), others.sign('oriel')];
const pems = ({ cert, key }) => ({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });

/** A nats-server with a tap before it, and the stream. */
async function makeNats(name, options) {
  const nats = await Nats.make(at(name), options);
  await nats.start();
  await nats.stream();
  nats.tap = await Tap.before(nats.port);
  return nats;
}

/** The same with other options. */
async function change(nats, options) {
  await nats.kill();
  nats.configure(options);
  await nats.start();
}

let server;
async function start(name, events) {
  fs.mkdirSync(at(name));
  server = new Server([ORIEL, 'serve', '-c', await writeConfig(at(name), (c) => {
    c.media = { address: '127.0.0.1', port: 0, workers: 1 };
    c.tours = [{ name: 'elm', title: 'Elm Street', record: 'off' }];
    c.limits = { sessions_per_second: 100000 };
    c.log = { format: 'json', level: 'info' };
    c.auth = { hs256_secret: SECRET, audience: 'oriel' };
    c.events = { retry_s: 1, retry_max_s: 1, timeout_s: 4, ...events };
  })]);
  await server.ready;
}

/** Somebody comes and goes: five events, with a name that is looked for. */
async function visit() {
  const client = await WsClient.open(new URL(server.urls.agent).origin);
  const joined = await client.ask({ type: 'join', id: 1, token: token({ role: 'agent', tour: 'elm', sub: 'ada', name: 'Ada Lovelace' }),
    offer: OFFER, sources: [{ mid: '0', kind: 'microphone' }], consent: { recording: true, version: '1' } });
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 200));
  await client.ask({ type: 'leave', id: 2 });
  await client.close();
}

const metric = (what, sink) => server.metric(`oriel_events_${what}{sink="${sink}"}`);

/** {name: why it gets nothing, null: it does}. */
async function reasons() {
  const authorization = `Bearer ${token({ role: 'service', sub: 'office', tour: undefined, scope: 'events:read' })}`;
  const answer = await fetch(new URL('/v1/events/receivers', server.urls.agent), { headers: { authorization } });
  return Object.fromEntries((await answer.json()).receivers.map((r) => [r.name, r.why]));
}

/** Each receiver fails, for its reason, and has got nothing. */
async function expectFailing(wanted) {
  let now;
  await until(async () => {
    now = await reasons();
    return Object.entries(wanted).every(([sink, reason]) => reason.test(now[sink]));
  }, 'their reasons', 40000).catch((error) => expect(false, `${error.message}: ${JSON.stringify(now, null, 1)}`));
  for (const sink of Object.keys(wanted)) {
    expect(server.log.some((l) => l.includes('"event":"events_not_delivered"') && JSON.parse(l).sink === sink), `the log on ${sink}`);
    expectEqual(await metric('failing', sink), 1, sink);
    expectEqual(await metric('sent_total', sink), 0, sink);
  }
}

/** Of what was said to them nothing can be read. */
function expectSealed(taps) {
  for (const tap of taps) {
    expect(tap.heard.length > 0, 'nobody called');
    for (const word of ['Ada', 'elm', 'participant', PASSWORD, OTHER_PASSWORD, TOKEN, OTHER_TOKEN, 'eyJ']) {
      expect(!tap.heard.includes(word), `"${word}" is in clear`);
    }
  }
}

const kafka = await Kafka.start('real-estate.events', 4);
const realm = operator();
const buses = {};
for (const [name, cert] of Object.entries(wrong)) {
  buses[name] = await makeNats(name, { tls: cert });
}
buses.stranger = await makeNats('stranger', { tls: good, clients: ca.pem, certificate: ours, token: TOKEN });
buses.nobody = await makeNats('nobody', { tls: good, more: realm.conf, user: realm.user() });
const lakes = {
  fake: await KafkaDoor.before(kafka, { tls: { ...pems(wrong.untrusted), ca: fs.readFileSync(ca.pem), requestCert: true } }),
  plain: await KafkaDoor.before(kafka, { tls: pems(good), sasl: { mechanism: 'PLAIN', users: { oriel: OTHER_PASSWORD } } }),
  scram: await KafkaDoor.before(kafka, { tls: pems(wrong.elsewhere), sasl: { mechanism: 'SCRAM-SHA-512', users: { oriel: PASSWORD } } }),
};
const taps = [...Object.values(buses).map((nats) => nats.tap), ...Object.values(lakes).flatMap((door) => door.taps[0])];

const [clientCert, clientKey, creds] = [file('client.crt', ''), file('client.key', ''), file('nobody.creds', '')];
fs.copyFileSync(stranger.cert, clientCert);
fs.copyFileSync(stranger.key, clientKey);
file('nobody.creds', operator().user().creds); // of another realm

const password = file('lake.password', `${PASSWORD}\n`);
const bus = (name, more) => ({ name, urls: [`tls://localhost:${buses[name].tap.port}`], stream: 'EVENTS', ca_file: ca.pem, ...more });
const lake = (name, more) => ({ name, brokers: [lakes[name].brokers[0]], topic: 'real-estate.events', ca_file: ca.pem, ...more });
const sasl = (mechanism) => ({ security_protocol: 'SASL_SSL', sasl_mechanism: mechanism, user: 'oriel', password_file: password });
await start('first', {
  nats: [
    ...Object.keys(wrong).map((name) => bus(name, { user: 'oriel', password_file: buses[name].passwordFile })),
    bus('stranger', { token_file: file('bus.token', `${TOKEN}\n`), cert_file: clientCert, key_file: clientKey }),
    bus('nobody', { creds_file: creds }),
  ],
  kafka: [lake('fake', { cert_file: ours.cert, key_file: ours.key }), lake('plain', sasl('PLAIN')), lake('scram', sasl('SCRAM-SHA-512'))],
});

await test('who is not proven gets nothing, and it is said why', async () => {
  await visit();
  await expectFailing({
    untrusted: /self.signed|unable to get local issuer/, expired: /expired/, elsewhere: /hostname mismatch/,
    stranger: /hung up/, nobody: /Authorization/i,
    fake: /certificate/i, plain: /Authentication failed/i, scram: /certificate|hostname/i,
  });
  for (const [name, nats] of Object.entries(buses)) {
    expectEqual((await nats.messages()).length, 0, name);
  }
  for (const [name, door] of Object.entries(lakes)) {
    expectEqual(door.passed + door.early, 0, `connections of ${name}`);
  }
  expectSealed(taps);
});

await test('when it is mended all that waited comes, sealed', async () => {
  await Promise.all(Object.keys(wrong).map((name) => change(buses[name], { tls: good })));
  fs.copyFileSync(ours.cert, clientCert);
  fs.copyFileSync(ours.key, clientKey);
  file('nobody.creds', realm.user().creds);
  lakes.fake.show({ ...pems(good), ca: fs.readFileSync(ca.pem) });
  lakes.scram.show(pems(good));
  lakes.plain.sasl.users.oriel = PASSWORD;
  await visit();
  const stored = 5; // the tour began; twice somebody came and went
  await until(async () => await server.metric('oriel_events_stored_total') === stored, 'events', 10000);
  for (const sink of [...Object.keys(buses), ...Object.keys(lakes)]) {
    await until(async () => await metric('sent_total', sink) >= stored, `${sink} has all`, 30000);
    await until(async () => await metric('failing', sink) === 0, sink, 5000);
  }
  const ids = new Map();
  for (const { event } of await kafka.messages()) {
    ids.set(event.id, (ids.get(event.id) ?? 0) + 1);
  }
  expectEqual(ids.size, stored, 'events in the lake');
  expect([...ids.values()].every((n) => n >= Object.keys(lakes).length), 'by each way');
  for (const [name, nats] of Object.entries(buses)) {
    expectEqual((await nats.messages()).map((m) => m.event.id).sort().join(), [...ids.keys()].sort().join(), name);
  }
  expectEqual(Object.values(lakes).reduce((n, door) => n + door.early, 0), 0, 'requests of somebody unproven');
  expectSealed(taps);
});
await server.stop();

/** What says INFO, and goes on as `then` does with a connection. */
async function imitate(info, then) {
  const fake = { heard: [], sockets: new Set() };
  fake.server = net.createServer((socket) => {
    fake.sockets.add(socket.on('error', () => {}));
    socket.write(`INFO ${JSON.stringify({ server_id: 'x', version: '2.9.0', headers: true, max_payload: 1 << 20, ...info })}\r\n`);
    then(fake, socket);
  });
  await new Promise((resolve) => fake.server.listen(0, '127.0.0.1', resolve));
  fake.url = `tls://localhost:${fake.server.address().port}`;
  return fake;
}
const listen = (fake, stream) => stream.on('error', () => {}).on('data', (bytes) => fake.heard.push(bytes));

await test('a server in clear is told nothing, and one that is silent keeps neither events nor a stop', async () => {
  const clear = await imitate({}, listen);
  const mute = await imitate({ tls_required: true }, () => {});
  const deaf = await imitate({ tls_required: true }, (fake, socket) => {
    listen(fake, new tls.TLSSocket(socket, { isServer: true, secureContext: tls.createSecureContext(pems(good)) }));
  });
  const login = { ca_file: ca.pem, token_file: file('other.token', `${OTHER_TOKEN}\n`) };
  const door = await makeNats('token', { tls: good, token: TOKEN });
  await start('second', { nats: [
    ...Object.entries({ clear, mute, deaf }).map(([name, fake]) => ({ name, urls: [fake.url], ...login })),
    { name: 'token', urls: [`tls://localhost:${door.tap.port}`], ...login },
    { name: 'second', urls: [mute.url, `tls://localhost:${buses.untrusted.port}`], ca_file: ca.pem, user: 'oriel',
      password_file: buses.untrusted.passwordFile },
  ] });
  await visit();
  await expectFailing({ clear: /secure|TLS/i, mute: /no answer in time/, deaf: /no answer in time/, token: /Authorization/i });
  expectEqual(clear.heard.length, 0, 'what the one in clear heard');
  const said = Buffer.concat(deaf.heard).toString();
  expect(/^CONNECT .*\r\nPING\r\n$/s.test(said.slice(0, said.indexOf('PING') + 6)) && !said.includes('Ada'), 'the deaf one heard an event');
  const stored = 3;
  await until(async () => await server.metric('oriel_events_stored_total') === stored, 'events', 10000);
  await until(async () => await metric('sent_total', 'second') === stored, 'the second server of two', 20000);
  await change(door, { tls: good, token: OTHER_TOKEN });
  await until(async () => await metric('sent_total', 'token') === stored, 'the token that it knows now', 20000);
  expectSealed([door.tap]);
  const calls = mute.sockets.size;
  await until(() => mute.sockets.size > calls, 'another call of the mute one', 20000);
  const began = Date.now();
  expectEqual((await server.stop()).code, 0, 'its end');
  const took = Date.now() - began;
  console.log(`# it stopped after ${took} ms`);
  expect(took < 15000, `the stop took ${took} ms`); // it would be for ever
  await door.kill();
});

await Promise.all(Object.values(buses).map((nats) => nats.kill()));
finish();
