// Everything a client may send that it should not: each row asserts the documented code and
// message, and that the connection or session it was sent over is as it was.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { expect, expectEqual, finish, test, until } from './lib/harness.mjs';
import { ORIEL, ROOT, Server, tempDir, writeConfig } from './lib/server.mjs';
import { WsClient, frame } from './lib/ws.mjs';

// The messages people read; a change of one is a change of the interface.
const MESSAGES = {
  bad_json: 'The message is not valid JSON.',
  too_large: 'The message is larger than the server accepts.',
  too_deep: 'The message is nested too deeply.',
  unknown_type: 'The server knows no message of this type.',
  bad_field: 'A field is missing or has a wrong value.',
  not_joined: 'Join a tour first.',
  already_joined: 'This connection has already joined a tour.',
  token_missing: 'A token is needed.',
  token_malformed: 'The token is not a JSON Web Token.',
  token_algorithm: "The token's algorithm is not accepted.",
  token_signature: "The token's signature is wrong.",
  token_expired: 'The token has expired. Ask for a new link.',
  token_not_yet_valid: 'The token is not valid yet.',
  token_audience: 'The token is meant for another service.',
  token_claims: 'The token lacks a claim that Oriel needs.',
  token_tour: 'The token is for another tour.',
  forbidden: 'Your role may not do this.',
  tour_unknown: 'There is no such tour.',
  tour_ended: 'This tour has ended.',
  tour_full: 'The tour is full.',
  sdp_malformed: 'The offer is not a valid session description.',
  sdp_unsupported: 'The offer asks for what the server cannot do.',
  codec_unsupported: "The offer lacks the tour's codec.",
  content_type: "The body's content type is not accepted here.",
  resource_unknown: 'There is no such session.',
  etag_mismatch: 'The session has changed since.',
  resume_unknown: 'This seat is gone. Join again.',
  consent_required: 'Joining a recorded tour needs consent.',
  seat_taken_over: 'You joined from another window.',
};

const dir = tempDir();
const SECRET = 'bad input needs a good secret, of course';
const file = await writeConfig(dir, (c) => {
  c.media = { address: '127.0.0.1', port: 0, workers: 1 };
  c.auth = { hs256_secret: SECRET, audience: 'oriel' };
  c.tours = [{ name: 'demo', title: 'Demo', record: 'manual' },
    { name: 'silent', title: 'Never recorded', record: 'off' }];
  c.limits = { messages_per_second: 1000, sessions_per_second: 100000, whep_per_token: 3 };
});
const server = new Server([ORIEL, 'serve', '-c', file]);
await server.ready;
const base = new URL(server.urls.agent).origin;

const data = (name) => fs.readFileSync(path.join(ROOT, 'tests/data', name), 'utf8');
const OFFER = data('offer.sdp');
const PLAY = OFFER.replaceAll('a=sendonly', 'a=recvonly');
const SOURCES = [{ mid: '0', kind: 'microphone' }, { mid: '1', kind: 'camera' }];
const CONSENT = { recording: true, version: '1' };

// ---- tokens

const base64url = (x) => Buffer.from(x).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const hmac = (text, key, hash = 'sha256') => crypto.createHmac(hash, key).update(text).digest('base64url');

function token(claims = {}, { header = { alg: 'HS256', typ: 'JWT' }, key = SECRET, hash } = {}) {
  const payload = { role: 'agent', tour: 'demo', sub: 'ada', aud: 'oriel', exp: now() + 600, ...claims };
  const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(payload))}`;
  return `${text}.${hmac(text, key, hash)}`;
}

const good = token();
const [HEAD, BODY, SIGN] = good.split('.');

// What makes a token bad, for a role and tour that would be welcome at the door.
const badTokens = [
  ['one part', () => 'nonsense', 'token_malformed'],
  ['two parts', () => `${HEAD}.${BODY}`, 'token_malformed'],
  ['four parts', () => `${good}.x`, 'token_malformed'],
  ['dots', () => '..', 'token_malformed'],
  ['a header that is not base64url', () => `!!!!.${BODY}.${SIGN}`, 'token_malformed'],
  ['a header that is not JSON', () => `${base64url('{{{')}.${BODY}.${SIGN}`, 'token_malformed'],
  ['a header that is a list', () => `${base64url('["HS256"]')}.${BODY}.${SIGN}`, 'token_malformed'],
  ['a body that is not JSON', () => `${HEAD}.${base64url('{{{')}.${SIGN}`, 'token_malformed'],
  ['a deep header', () => `${base64url('['.repeat(4000))}.${BODY}.${SIGN}`, 'token_malformed'],
  ['crit', (c) => token(c, { header: { alg: 'HS256', crit: ['exp'] } }), 'token_malformed'],
  ['alg none', (c) => token(c, { header: { alg: 'none' } }).replace(/[^.]*$/, ''), 'token_algorithm'],
  ['alg none with a signature', (c) => token(c, { header: { alg: 'none' } }), 'token_algorithm'],
  ['alg NoNe', (c) => token(c, { header: { alg: 'NoNe' } }), 'token_algorithm'],
  ['alg hs256', (c) => token(c, { header: { alg: 'hs256' } }), 'token_algorithm'],
  ['alg missing', (c) => token(c, { header: { typ: 'JWT' } }), 'token_algorithm'],
  ['alg a number', (c) => token(c, { header: { alg: 256 } }), 'token_algorithm'],
  ['alg HS512', (c) => token(c, { header: { alg: 'HS512' }, hash: 'sha512' }), 'token_algorithm'],
  ['alg RS256', (c) => token(c, { header: { alg: 'RS256' } }), 'token_algorithm'],
  ['alg ES256', (c) => token(c, { header: { alg: 'ES256' } }), 'token_algorithm'],
  ['another key', (c) => token(c, { key: SECRET.toUpperCase() }), 'token_signature'],
  ['no signature', (c) => token(c).replace(/[^.]*$/, ''), 'token_signature'],
  ['a short signature', (c) => token(c).slice(0, -3), 'token_signature'],
  ['a signature of another body', (c) => `${HEAD}.${token({ ...c, name: 'Eve' }).split('.')[1]}.${SIGN}`,
    'token_signature'],
  ['expired', (c) => token({ ...c, exp: now() - 60 }), 'token_expired'],
  ['expired long ago', (c) => token({ ...c, exp: -1e15 }), 'token_expired'],
  ['not yet valid', (c) => token({ ...c, nbf: now() + 100 }), 'token_not_yet_valid'],
  ['not valid before the end of time', (c) => token({ ...c, nbf: 1e300 }), 'token_not_yet_valid'],
  ['another audience', (c) => token({ ...c, aud: 'other' }), 'token_audience'],
  ['other audiences', (c) => token({ ...c, aud: ['a', 'b', 5] }), 'token_audience'],
  ['no audience', (c) => token({ ...c, aud: undefined }), 'token_audience'],
  ['no role', (c) => token({ ...c, role: undefined }), 'token_claims'],
  ['an unknown role', (c) => token({ ...c, role: 'none' }), 'token_claims'],
  ['no sub', (c) => token({ ...c, sub: undefined }), 'token_claims'],
  ['an empty sub', (c) => token({ ...c, sub: '' }), 'token_claims'],
  ['a long sub', (c) => token({ ...c, sub: 'x'.repeat(65) }), 'token_claims'],
  ['a NUL in sub', (c) => token({ ...c, sub: 'a\0b' }), 'token_claims|token_malformed|token_signature|token_algorithm'],
  ['a long name', (c) => token({ ...c, name: 'x'.repeat(129) }), 'token_claims'],
  ['a tour with a slash', (c) => token({ ...c, tour: '../demo' }), 'token_claims'],
  ['no exp', (c) => token({ ...c, exp: undefined }), 'token_claims'],
  ['exp as text', (c) => token({ ...c, exp: String(now() + 600) }), 'token_claims'],
  ['nbf as text', (c) => token({ ...c, nbf: 'now' }), 'token_claims'],
];

// ---- the WebSocket

const open = () => WsClient.open(base);
let nextId = 0;

/** The next message that `match` accepts; events between are passed over. */
async function await_(client, match) {
  for (;;) {
    const message = await client.next(5000);
    if (match(message)) {
      return message;
    }
  }
}

/** Sends an object with an id of its own and gives its reply. */
function request(client, object) {
  const id = ++nextId;
  client.send(JSON.stringify({ ...object, id }));
  return await_(client, (m) => m.re === id);
}

const joinMessage = (more = {}) => ({ type: 'join', token: good, consent: CONSENT, offer: OFFER,
  sources: SOURCES, ...more });

async function join(client, more) {
  const joined = await request(client, joinMessage(more));
  expectEqual(joined.type, 'joined', JSON.stringify(joined).slice(0, 300));
  return joined;
}

function expectError(reply, code, field) {
  expectEqual(reply.type, 'error', `type of ${JSON.stringify(reply).slice(0, 200)}`);
  expect(code.split('|').includes(reply.code), `code ${reply.code} instead of ${code}`);
  expectEqual(reply.message, MESSAGES[reply.code], 'message');
  expectEqual(reply.field, field, 'field');
}

/** A seat does what only a seat may do. */
async function expectSeated(client) {
  expectEqual((await request(client, { type: 'consent', recording: true })).type, 'ok', 'the seat works');
}

const ada = await open();
await join(ada);

const nested = (depth) => `{"type":"ping","pad":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
const sized = (size) => {
  const head = '{"type":"ping","pad":"';
  return `${head}${'x'.repeat(size - head.length - 2)}"}`;
};
const MAX = 256 * 1024;

const unreadable = [
  ['a blank', ' ', 'bad_json'], ['a word', 'hello', 'bad_json'], ['half an object', '{"type":"ping"', 'bad_json'],
  ['a list', '[]', 'bad_json'], ['a string', '"ping"', 'bad_json'], ['a number', '1', 'bad_json'],
  ['null', 'null', 'bad_json'], ['more behind the object', '{"type":"ping"}{}', 'bad_json'],
  ['a byte order mark', '\ufeff{"type":"ping"}', 'bad_json'],
  ['a key twice', '{"type":"ping","type":"end"}', 'bad_json'], ['NaN', '{"type":"ping","id":NaN}', 'bad_json'],
  ['a number out of range', '{"type":"ping","pad":1e999}', 'bad_json'],
  ['an integer out of range', '{"type":"ping","id":99999999999999999999}', 'bad_json'],
  ['a lone surrogate', '{"type":"\\ud800"}', 'bad_json'], ['a NUL', '{"type":"pi\\u0000ng"}', 'bad_json'],
  ['a raw NUL', '{"type":"ping\0"}', 'bad_json'], ['a raw newline in a string', '{"type":"pi\nng"}', 'bad_json'],
  ['an empty object', '{}', 'bad_field', 'type'], ['type a number', '{"type":5}', 'bad_field', 'type'],
  ['type null', '{"type":null}', 'bad_field', 'type'], ['type an object', '{"type":{"type":"ping"}}', 'bad_field', 'type'],
  ['id negative', '{"type":"ping","id":-1}', 'bad_field', 'id'], ['id a fraction', '{"type":"ping","id":1.5}', 'bad_field', 'id'],
  ['id 2^53', '{"type":"ping","id":9007199254740992}', 'bad_field', 'id'],
  ['id a string', '{"type":"ping","id":"1"}', 'bad_field', 'id'],
  ['an unknown type', '{"type":"dance"}', 'unknown_type'], ['an empty type', '{"type":""}', 'unknown_type'],
  ['a type of other case', '{"type":"Ping"}', 'unknown_type'], ['an event', '{"type":"tour_ended"}', 'unknown_type'],
  ['a type of format marks', '{"type":"%s%n%x"}', 'unknown_type'],
  ['a very long type', `{"type":"${'x'.repeat(200000)}"}`, 'unknown_type'],
  ['17 levels', nested(17), 'too_deep'], ['100000 levels', '['.repeat(100000), 'too_deep'],
  ['100000 objects in objects', '{"a":'.repeat(40000), 'too_deep'],
  ['2100 values', `{"type":"ping","pad":[${'1,'.repeat(2100)}1]}`, 'too_large'],
  ['one byte over the limit', sized(MAX + 1), 'too_large'], ['5 MiB', sized(5 << 20), 'too_large'],
];
for (const [name, text, code, field] of unreadable) {
  await test(`message: ${name}: ${code}`, async () => {
    ada.send(text);
    expectError(await await_(ada, (m) => m.type === 'error'), code, field);
    await expectSeated(ada);
  });
}

await test('message: exactly at the limits is accepted', async () => {
  for (const text of [sized(MAX), nested(16)]) {
    ada.send(text);
    expectEqual((await await_(ada, (m) => m.type !== 'participant_changed')).type, 'pong', text.slice(0, 30));
  }
});

await test('message: 20000 fragments, far over the limit: too_large', async () => {
  const pieces = Array.from({ length: 20000 }, () => 'x'.repeat(40));
  ada.sendFragments(['{"type":"ping","pad":"', ...pieces, '"}']);
  expectError(await await_(ada, (m) => m.type === 'error'), 'too_large');
  ada.sendFragments(['', '{"type":', '', '', '"ping"}', '']);
  expectEqual((await ada.next()).type, 'pong', 'empty fragments');
  await expectSeated(ada);
});

await test('message: invalid UTF-8: bad_json', async () => {
  for (const bytes of ['7b2274797065223a22ff227d', '7b2274797065223a22c080227d', '7b2274797065223a22eda080227d']) {
    ada.socket.write(frame(1, Buffer.from(bytes, 'hex')));
    expectError(await await_(ada, (m) => m.type === 'error'), 'bad_json');
  }
  await expectSeated(ada);
});

await test('message: binary frames: bad_json', async () => {
  for (const bytes of [Buffer.from('{"type":"end"}'), Buffer.alloc(0), crypto.randomBytes(70000)]) {
    ada.socket.write(frame(2, bytes));
    expectError(await await_(ada, (m) => m.type === 'error'), 'bad_json');
  }
  await expectSeated(ada);
});

await test('frames: reserved opcodes, no mask, long control frames end only their own connection', async () => {
  const long = frame(9, Buffer.alloc(126));
  for (const bytes of [frame(3, Buffer.from('{}')), frame(11, Buffer.alloc(0)), long, frame(0, Buffer.from('x')),
    frame(1, Buffer.from('{"type":"ping"}'), { mask: false }),
    Buffer.from('81ffffffffffffffffff00000000', 'hex'), Buffer.from('f180000000007b7d', 'hex')]) {
    const client = await open();
    client.socket.write(bytes);
    client.socket.end();
    await client.closed;
    await expectSeated(ada);
  }
});

// ---- fields

const seated = [
  [{ type: 'join', token: good, offer: OFFER }, 'already_joined'],
  [{ type: 'resume', resume: 'x' }, 'already_joined'],
  [{ type: 'hello', token: 5 }, 'bad_field', 'token'], [{ type: 'hello' }, 'token_missing'],
  [{ type: 'hello', token: '' }, 'token_missing'], [{ type: 'hello', token: ['x'] }, 'bad_field', 'token'],
  [{ type: 'hello', token: 'x'.repeat(8193) }, 'bad_field', 'token'],
  [{ type: 'restart' }, 'bad_field', 'offer'], [{ type: 'restart', offer: 7 }, 'bad_field', 'offer'],
  [{ type: 'restart', offer: '' }, 'sdp_malformed', 'offer'],
  [{ type: 'restart', offer: OFFER, sources: {} }, 'bad_field', 'sources'],
  [{ type: 'restart', offer: OFFER, slots: [{ mid: 'zz', kind: 'stage' }] }, 'bad_field', 'slots'],
  [{ type: 'mute' }, 'bad_field', 'kind'], [{ type: 'mute', kind: 'camera' }, 'bad_field', 'muted'],
  [{ type: 'mute', kind: 'nose', muted: true }, 'bad_field', 'kind'], [{ type: 'mute', kind: 1, muted: true }, 'bad_field', 'kind'],
  [{ type: 'mute', kind: 'camera', muted: 'yes' }, 'bad_field', 'muted'],
  [{ type: 'mute', kind: 'camera', muted: 1 }, 'bad_field', 'muted'],
  [{ type: 'mute', kind: 'x'.repeat(17), muted: true }, 'bad_field', 'kind'],
  [{ type: 'pin', participant: 1 }, 'bad_field', 'participant'], [{ type: 'pin', participant: 'p999' }, 'bad_field', 'participant'],
  [{ type: 'pin', participant: 'p' }, 'bad_field', 'participant'], [{ type: 'pin', participant: 'p-1' }, 'bad_field', 'participant'],
  [{ type: 'pin', participant: 'p4294967297' }, 'bad_field', 'participant'],
  [{ type: 'pin', participant: 'p'.repeat(17) }, 'bad_field', 'participant'],
  [{ type: 'record' }, 'bad_field', 'on'], [{ type: 'record', on: 'yes' }, 'bad_field', 'on'],
  [{ type: 'record', on: 1 }, 'bad_field', 'on'], [{ type: 'consent' }, 'bad_field', 'recording'],
  [{ type: 'consent', recording: {} }, 'bad_field', 'recording'],
];
for (const [message, code, field] of seated) {
  await test(`seated: ${JSON.stringify(message).slice(0, 60)}: ${code}`, async () => {
    expectError(await request(ada, message), code, field);
    await expectSeated(ada);
  });
}

const stranger = await open();
for (const type of ['leave', 'end', 'mute', 'pin', 'record', 'consent', 'restart']) {
  await test(`not joined: ${type}: not_joined`, async () => {
    expectError(await request(stranger, { type }), 'not_joined');
    expectEqual((await request(stranger, { type: 'ping' })).type, 'pong', 'the connection works');
  });
}

const wants = (n, mid, kind) => Array.from({ length: n }, (_, i) => ({ mid: mid ?? String(i), kind }));
const joins = [
  [{ token: 1 }, 'bad_field', 'token'], [{ token: undefined }, 'token_missing'],
  [{ name: 5 }, 'bad_field', 'name'], [{ name: 'x'.repeat(129) }, 'bad_field', 'name'],
  [{ name: 'a\u0007b' }, 'bad_field', 'name'], [{ name: 'a\nb' }, 'bad_field', 'name'],
  [{ consent: true }, 'bad_field', 'consent'], [{ consent: [CONSENT] }, 'bad_field', 'consent'],
  [{ offer: undefined }, 'bad_field', 'offer'], [{ offer: 1 }, 'bad_field', 'offer'], [{ offer: [OFFER] }, 'bad_field', 'offer'],
  [{ sources: 'camera' }, 'bad_field', 'sources'], [{ sources: {} }, 'bad_field', 'sources'],
  [{ sources: [1] }, 'bad_field', 'sources'], [{ sources: [{}] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: 0, kind: 'microphone' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '', kind: 'microphone' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '123456789', kind: 'microphone' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '7', kind: 'microphone' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '0', kind: 'stage' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '0', kind: 'camera' }] }, 'bad_field', 'sources'],
  [{ sources: [{ mid: '1', kind: 'microphone' }] }, 'bad_field', 'sources'],
  [{ sources: [SOURCES[0], SOURCES[0]] }, 'bad_field', 'sources'],
  [{ sources: wants(30, '0', 'microphone') }, 'bad_field', 'sources'],
  [{ slots: [{ mid: '1', kind: 'stage' }] }, 'bad_field', 'slots'],
  [{ sources: [], slots: [{ mid: '1', kind: 'gallery' }] }, 'bad_field', 'slots'],
  [{ slots: [{ mid: '1', kind: 'camera' }] }, 'bad_field', 'slots'],
  [{ slots: 'all' }, 'bad_field', 'slots'], [{ slots: wants(25, null, 'gallery') }, 'bad_field', 'slots'],
  [{ offer: PLAY, sources: [], slots: [{ mid: '1', kind: 'audio' }] }, 'bad_field', 'slots'],
  [{ offer: data('chromium_tour.sdp'), sources: [], slots: wants(2, null, 'stage').map((w, i) => ({ ...w, mid: String(i + 3) })) },
    'bad_field', 'slots'],
  [{ offer: data('chromium_tour.sdp'), sources: [], slots: wants(9, null, 'gallery').map((w, i) => ({ ...w, mid: String(i + 3) })) },
    'bad_field', 'slots'],
  [{ consent: undefined }, 'consent_required', 'consent'], [{ consent: {} }, 'consent_required', 'consent'],
  [{ consent: { recording: false, version: '1' } }, 'consent_required', 'consent'],
  [{ consent: { recording: 'true', version: '1' } }, 'consent_required', 'consent'],
  [{ consent: { recording: true } }, 'consent_required', 'consent'],
  [{ consent: { recording: true, version: '0' } }, 'consent_required', 'consent'],
  [{ consent: { recording: true, version: 1 } }, 'consent_required', 'consent'],
];
for (const [change, code, field] of joins) {
  await test(`join: ${JSON.stringify(change).slice(0, 60)}: ${code}`, async () => {
    expectError(await request(stranger, joinMessage({ token: token({ sub: 'eve' }), ...change })), code, field);
    expectEqual((await request(stranger, { type: 'hello', token: good })).type, 'welcome', 'the connection works');
  });
}

for (const resume of ['', 'x', '0'.repeat(32), '0'.repeat(64), "' or 1=1"]) {
  await test(`resume: ${JSON.stringify(resume).slice(0, 20)}: resume_unknown`, async () => {
    expectError(await request(stranger, { type: 'resume', resume }), 'resume_unknown');
  });
}
for (const resume of [undefined, 1, 'x'.repeat(65)]) {
  await test(`resume: ${JSON.stringify(resume)?.slice(0, 20)}: bad_field`, async () => {
    expectError(await request(stranger, { type: 'resume', resume }), 'bad_field', 'resume');
  });
}

await test('resume: a bad offer leaves the old connection its seat', async () => {
  const bob = await open();
  const { resume } = await join(bob, { token: token({ sub: 'bob', role: 'buyer' }) });
  expectError(await request(stranger, { type: 'resume', resume, offer: 'v=0\r\n' }), 'sdp_malformed', 'offer');
  await expectSeated(bob);
  await request(bob, { type: 'leave' });
  expectError(await request(stranger, { type: 'resume', resume }), 'resume_unknown');
  await bob.close();
});

await test('after all those refusals the same connection joins', async () => {
  const { roster } = await join(stranger, { token: token({ sub: 'eve', role: 'buyer' }) });
  expectEqual(roster.length, 2, 'Ada and Eve, and no ghosts');
  expectEqual((await request(stranger, { type: 'leave' })).type, 'ok', 'leave');
});

// ---- tokens at every door

const bearer = (t) => (t === undefined ? {} : { authorization: `Bearer ${t}` });

async function http(method, url, { auth, type, body, headers } = {}) {
  const response = await fetch(base + url, { method, body,
    headers: { ...bearer(auth), ...(type && { 'content-type': type }), ...headers } });
  const text = await response.text();
  const isProblem = response.headers.get('content-type') === 'application/problem+json';
  return { response, status: response.status, text, problem: isProblem ? JSON.parse(text) : null };
}

function expectProblem(answer, status, code) {
  expect(answer.problem, `${answer.status} ${answer.text.slice(0, 200)} is no problem+json`);
  expect(code.split('|').includes(answer.problem.code), `code ${answer.problem.code} instead of ${code}`);
  expectEqual(answer.problem.title, MESSAGES[answer.problem.code], 'title');
  expectEqual(answer.status, status, 'status');
  expectEqual(answer.problem.status, status, 'status in the body');
  expectEqual(answer.response.headers.get('www-authenticate'), status === 401 ? 'Bearer' : null, 'challenge');
}

const post = (door, auth, body = OFFER, type = 'application/sdp') => http('POST', door, { auth, type, body });
const whip = await post('/whip/demo', token({ sub: 'cam' }));
const whep = await post('/whep/demo', token({ sub: 'eye', role: 'buyer' }), PLAY);
await test('WHIP and WHEP sessions for what follows', () => {
  expectEqual(whip.status, 201, whip.text.slice(0, 300));
  expectEqual(whep.status, 201, whep.text.slice(0, 300));
});
const whipUrl = new URL(whip.response.headers.get('location'), base).pathname;
const whepUrl = new URL(whep.response.headers.get('location'), base).pathname;

/** A session answers its owner: a fragment without credentials is 204. */
async function expectSession(url, sub) {
  const answer = await http('PATCH', url, { auth: token({ sub }), type: 'application/trickle-ice-sdpfrag', body: 'a=x\r\n' });
  expectEqual(answer.status, 204, `the session is there: ${answer.text}`);
}

const doors = {
  'join': async (t, code) => expectError(await request(stranger, joinMessage({ token: t })), code),
  'WHIP': async (t, code) => expectProblem(await post('/whip/demo', t), 401, code),
  'WHEP': async (t, code) => expectProblem(await post('/whep/demo', t, PLAY), 401, code),
  'PATCH': async (t, code) => expectProblem(await http('PATCH', whipUrl, { auth: t, body: 'a=x\r\n',
    type: 'application/trickle-ice-sdpfrag' }), 401, code),
  'DELETE': async (t, code) => expectProblem(await http('DELETE', whepUrl, { auth: t }), 401, code),
  'recordings': async (t, code) => expectProblem(await http('GET', '/v1/recordings', { auth: t }), 401, code),
};
for (const [name, make, code] of badTokens) {
  await test(`token: ${name}: ${code.split('|')[0]} at every door`, async () => {
    for (const [door, knock] of Object.entries(doors)) {
      const ops = door === 'recordings';
      const claims = ops ? { role: 'ops', tour: undefined, sub: 'o' } : { sub: door === 'DELETE' ? 'eye' : 'cam' };
      await knock(make(claims), code).catch((e) => { throw new Error(`${door}: ${e.message}`); });
    }
    expectEqual((await request(stranger, { type: 'ping' })).type, 'pong', 'the connection works');
    await expectSession(whipUrl, 'cam');
  });
}

await test('token: none, an empty one, another scheme: token_missing', async () => {
  for (const authorization of [undefined, 'Bearer', 'Bearer ', 'Basic eDp5', `Token ${good}`, good]) {
    const headers = authorization ? { authorization } : {};
    for (const [method, url] of [['POST', '/whip/demo'], ['POST', '/whep/demo'], ['PATCH', whipUrl],
      ['DELETE', whipUrl], ['GET', '/v1/recordings']]) {
      const body = method === 'POST' || method === 'PATCH' ? OFFER : undefined;
      expectProblem(await http(method, url, { headers, body }), 401, 'token_missing');
    }
  }
});

await test('token: in the query it opens nothing', async () => {
  for (const query of ['token', 'access_token', 'authorization']) {
    expectProblem(await http('GET', `/v1/recordings?${query}=${token({ role: 'ops', tour: undefined })}`), 401, 'token_missing');
  }
});

await test('token: another tour: token_tour', async () => {
  for (const url of ['/whip/other', '/whep/other', '/whip/demo2', '/whip/Demo', '/whip/%64emo2']) {
    expectProblem(await post(url, good), 403, 'token_tour');
  }
  expectProblem(await http('PATCH', whipUrl, { auth: token({ tour: 'other', sub: 'cam' }), body: 'a=x\r\n',
    type: 'application/trickle-ice-sdpfrag' }), 403, 'token_tour');
  expectProblem(await http('DELETE', whipUrl, { auth: token({ tour: 'other', sub: 'cam' }) }), 403, 'token_tour');
  await expectSession(whipUrl, 'cam');
});

// ---- roles

await test('role: what a buyer may not do: forbidden', async () => {
  const bob = await open();
  await join(bob, { token: token({ sub: 'bob', role: 'buyer' }) });
  expectError(await request(bob, { type: 'end' }), 'forbidden');
  expectError(await request(bob, { type: 'record', on: true }), 'forbidden');
  await expectSeated(bob);
  await expectSeated(ada);
  await request(bob, { type: 'leave' });
  await bob.close();
});

await test('role: ops joins nothing: forbidden', async () => {
  for (const tour of ['demo', undefined]) {
    const ops = token({ role: 'ops', tour, sub: 'o' });
    expectError(await request(stranger, joinMessage({ token: ops })), 'forbidden');
    expectError(await request(stranger, { type: 'hello', token: ops }), 'forbidden');
    expectProblem(await post('/whip/demo', ops), 403, 'forbidden');
    expectProblem(await post('/whep/demo', ops, PLAY), 403, 'forbidden');
    expectProblem(await http('DELETE', whipUrl, { auth: ops }), 403, 'forbidden');
  }
});

await test('role: recordings are for ops: forbidden', async () => {
  const id = 'f'.repeat(32);
  for (const role of ['buyer', 'agent']) {
    for (const [method, url] of [['GET', '/v1/recordings'], ['GET', `/v1/recordings/${id}`],
      ['POST', `/v1/recordings/${id}/playback`], ['GET', `/v1/recordings/${id}/programme/0.webm`]]) {
      expectProblem(await http(method, url, { auth: token({ role }), body: method === 'POST' ? '' : undefined }), 403, 'forbidden');
    }
  }
});

await test('role: an agent cannot record what is never recorded: forbidden', async () => {
  const client = await open();
  await join(client, { token: token({ tour: 'silent' }), consent: undefined });
  expectError(await request(client, { type: 'record', on: true }), 'forbidden');
  await expectSeated(client);
  expectEqual((await request(client, { type: 'leave' })).type, 'ok', 'leave');
  await client.close();
});

// ---- tours

await test('tour: unknown to a buyer: tour_unknown', async () => {
  const buyer = token({ tour: 'nowhere', role: 'buyer' });
  const before = await server.metric('oriel_signaling_tours');
  expectError(await request(stranger, { type: 'hello', token: buyer }), 'tour_unknown');
  expectError(await request(stranger, joinMessage({ token: buyer })), 'tour_unknown');
  expectProblem(await post('/whip/nowhere', buyer), 404, 'tour_unknown');
  expectProblem(await post('/whep/nowhere', buyer, PLAY), 404, 'tour_unknown');
  expectProblem(await post('/whep/nowhere', token({ tour: 'nowhere' }), PLAY), 404, 'tour_unknown');
  expectEqual(await server.metric('oriel_signaling_tours'), before, 'no tour was made of it');
});

await test('tour: ended by its agent: tour_ended', async () => {
  const [agent, buyer] = [await open(), await open()];
  await join(agent, { token: token({ tour: 'brief' }) });
  await join(buyer, { token: token({ tour: 'brief', role: 'buyer', sub: 'b' }) });
  expectEqual((await request(agent, { type: 'end' })).type, 'ok', 'end');
  expectEqual((await await_(buyer, (m) => m.type === 'tour_ended')).reason, 'ended', 'reason');
  expectEqual((await buyer.closed).code, 1000, 'close code');
  expectEqual((await agent.closed).code, 1000, 'close code');
  const late = token({ tour: 'brief', role: 'buyer', sub: 'b' });
  expectError(await request(stranger, { type: 'hello', token: late }), 'tour_ended');
  expectError(await request(stranger, joinMessage({ token: late })), 'tour_ended');
  expectProblem(await post('/whip/brief', late), 410, 'tour_ended');
  expectProblem(await post('/whep/brief', late, PLAY), 410, 'tour_ended');
});

await test('tour: more WHEP viewers than a token may have: tour_full', async () => {
  const viewer = token({ sub: 'crowd', role: 'buyer' });
  const urls = [];
  for (let i = 0; i < 3; i++) {
    const answer = await post('/whep/demo', viewer, PLAY);
    expectEqual(answer.status, 201, answer.text);
    urls.push(new URL(answer.response.headers.get('location'), base).pathname);
  }
  expectProblem(await post('/whep/demo', viewer, PLAY), 503, 'tour_full');
  for (const url of urls) {
    expectEqual((await http('DELETE', url, { auth: viewer })).status, 200, 'DELETE');
    expectProblem(await http('DELETE', url, { auth: viewer }), 404, 'resource_unknown');
  }
});

// ---- session descriptions

const line = (from, to) => (sdp) => sdp.replace(from, to);
const badOffers = [
  ['nothing', () => '', 'sdp_malformed'], ['a word', () => 'offer', 'sdp_malformed'],
  ['an object', (sdp) => JSON.stringify({ type: 'offer', sdp }), 'sdp_malformed'],
  ['version 1', line('v=0', 'v=1'), 'sdp_malformed'], ['no version', line('v=0\r\n', ''), 'sdp_malformed'],
  ['no media', (sdp) => sdp.slice(0, sdp.indexOf('m=')), 'sdp_malformed'],
  ['a line without =', line('\r\na=setup', '\r\nsetup'), 'sdp_malformed'],
  ['a blank line', line('\r\na=setup', '\r\n\r\na=setup'), 'sdp_malformed'],
  ['a media line cut short', line(/m=audio .*/, 'm=audio 9'), 'sdp_malformed'],
  ['port 70000', line('m=audio 9', 'm=audio 70000'), 'sdp_malformed'],
  ['port -9', line('m=audio 9', 'm=audio -9'), 'sdp_malformed'],
  ['mid twice', line('a=mid:1', 'a=mid:0'), 'sdp_malformed'], ['mid empty', line('a=mid:0', 'a=mid:'), 'sdp_malformed|bad_field'],
  ['mid too long', line('a=mid:1', `a=mid:${'1'.repeat(17)}`), 'sdp_unsupported|bad_field'],
  ['no ufrag', (sdp) => sdp.replaceAll(/a=ice-ufrag.*\r\n/g, ''), 'sdp_malformed'],
  ['no pwd', (sdp) => sdp.replaceAll(/a=ice-pwd.*\r\n/g, ''), 'sdp_malformed'],
  ['ufrag of 3', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:abc'), 'sdp_malformed'],
  ['ufrag of 33', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, `a=ice-ufrag:${'x'.repeat(33)}`), 'sdp_unsupported|sdp_malformed'],
  ['pwd of 21', (sdp) => sdp.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(21)}`), 'sdp_malformed'],
  ['pwd of 65', (sdp) => sdp.replaceAll(/a=ice-pwd:.*/g, `a=ice-pwd:${'x'.repeat(65)}`), 'sdp_unsupported|sdp_malformed'],
  ['a space in ufrag', (sdp) => sdp.replaceAll(/a=ice-ufrag:.*/g, 'a=ice-ufrag:ab cd'), 'sdp_malformed'],
  ['no fingerprint', (sdp) => sdp.replaceAll(/a=fingerprint.*\r\n/g, ''), 'sdp_unsupported'],
  ['fingerprint sha-1', (sdp) => sdp.replaceAll('sha-256', 'sha-1'), 'sdp_unsupported'],
  ['fingerprint cut short', (sdp) => sdp.replaceAll(/:..\r\na=setup/g, '\r\na=setup'), 'sdp_malformed'],
  ['fingerprint of dots', (sdp) => sdp.replaceAll(/sha-256 .*/g, `sha-256 ${'..:'.repeat(31)}..`), 'sdp_malformed'],
  ['setup holdconn', (sdp) => sdp.replaceAll('actpass', 'holdconn'), 'sdp_unsupported'],
  ['RTP without encryption', (sdp) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'sdp_unsupported'],
  ['SDES', (sdp) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/SAVP'), 'sdp_unsupported'],
  ['no rtcp-mux', (sdp) => sdp.replaceAll('a=rtcp-mux\r\n', ''), 'sdp_unsupported'],
  ['no BUNDLE', line(/a=group:BUNDLE.*\r\n/, ''), 'sdp_unsupported'],
  ['half a BUNDLE', line('a=group:BUNDLE 0 1', 'a=group:BUNDLE 0'), 'sdp_unsupported'],
  ['no codec of ours', (sdp) => sdp.replaceAll('VP8/90000', 'VP7/90000').replaceAll('opus/48000', 'celt/48000'), 'codec_unsupported'],
  ['codecs at other clocks', (sdp) => sdp.replaceAll('VP8/90000', 'VP8/1').replaceAll('opus/48000/2', 'opus/8000'), 'codec_unsupported'],
  ['extmap without an id', line(/a=extmap:\d+/, 'a=extmap:x'), 'sdp_malformed'],
  ['25 lines', (sdp) => sdp + 'm=video 0 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(23), 'sdp_unsupported'],
  ['200 KiB', (sdp) => `${sdp}${'a=x:y\r\n'.repeat(28000)}`, 'too_large|sdp_malformed|sdp_unsupported'],
];
const halls = {
  join: async (sdp, code) => {
    const reply = await request(stranger, joinMessage({ token: token({ sub: 'eve' }), offer: sdp }));
    expectError(reply, code, reply.code === 'bad_field' ? 'sources' : reply.field);
  },
  restart: async (sdp, code) => {
    const reply = await request(ada, { type: 'restart', offer: sdp });
    expectError(reply, code, reply.code === 'bad_field' ? 'sources' : reply.field);
  },
  WHIP: async (sdp, code) => hall('/whip/demo', sdp, code),
  WHEP: async (sdp, code) => hall('/whep/demo', sdp.replaceAll('a=sendonly', 'a=recvonly'), code),
};
const STATUS = { sdp_malformed: 400, sdp_unsupported: 422, codec_unsupported: 422, too_large: 413 };

async function hall(url, sdp, code) {
  const answer = await post(url, token({ sub: 'eve' }), sdp);
  expectProblem(answer, STATUS[answer.problem?.code], code);
}
for (const [name, change, code] of badOffers) {
  await test(`offer: ${name}: ${code.split('|')[0]}`, async () => {
    for (const [door, knock] of Object.entries(halls)) {
      // WHIP and WHEP name no mids, so an empty one is nobody's business there.
      if (name === 'mid empty' && door.startsWith('WH')) {
        continue;
      }
      await knock(change(OFFER), code).catch((e) => { throw new Error(`${door}: ${e.message}`); });
    }
    await expectSeated(ada);
    await expectSession(whipUrl, 'cam');
  });
}

for (const name of ['offer.sdp', 'chromium_tour.sdp', 'firefox.sdp', 'aiortc.sdp', 'gstreamer.sdp']) {
  await test(`offer: ${name} cut at 40 places is refused or answered`, async () => {
    const sdp = data(name);
    const codes = Object.keys(STATUS).join('|');
    for (let i = 0; i < 40; i++) {
      const cut = sdp.slice(0, Math.floor((sdp.length * i) / 40) + (i % 7));
      const reply = await request(stranger, joinMessage({ token: token({ sub: 'eve' }), offer: cut, sources: [] }));
      expectError(reply, codes, 'offer');
      for (const door of ['/whip/demo', '/whep/demo']) {
        const answer = await post(door, token({ sub: 'cut' }), cut);
        if (answer.status !== 201) {
          expectProblem(answer, STATUS[answer.problem?.code], codes);
          continue;
        }
        const url = new URL(answer.response.headers.get('location'), base).pathname;
        expectEqual((await http('DELETE', url, { auth: token({ sub: 'cut' }) })).status, 200, 'DELETE');
      }
    }
    await expectSeated(ada);
  });
}

// ---- WHIP and WHEP

await test('content types: content_type', async () => {
  const body = new TextEncoder().encode(OFFER); // bytes: fetch adds no type of its own
  for (const type of [undefined, 'text/plain', 'application/json', 'application/sdpx', 'application/sd',
    'application/trickle-ice-sdpfrag']) {
    for (const door of ['/whip/demo', '/whep/demo']) {
      expectProblem(await http('POST', door, { auth: good, type, body }), 415, 'content_type');
    }
  }
  for (const type of [undefined, 'application/sdp', 'text/plain']) {
    expectProblem(await http('PATCH', whipUrl, { auth: token({ sub: 'cam' }), type, body }), 415, 'content_type');
    expectProblem(await http('PATCH', whepUrl, { auth: token({ sub: 'eye' }), type, body }), 415, 'content_type');
  }
  const upper = await post('/whip/demo', token({ sub: 'upper' }), OFFER, 'Application/SDP; charset=utf-8');
  expectEqual(upper.status, 201, 'a type is not case sensitive and may have parameters');
  expectEqual((await http('DELETE', new URL(upper.response.headers.get('location'), base).pathname,
    { auth: token({ sub: 'upper' }) })).status, 200, 'DELETE');
  await expectSession(whipUrl, 'cam');
});

const FRAGMENT = 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n';
const restart = (match, body = FRAGMENT, sub = 'cam') => http('PATCH', whipUrl, { auth: token({ sub }), body,
  type: 'application/trickle-ice-sdpfrag', headers: match === undefined ? {} : { 'if-match': match } });

await test('PATCH: a wrong or missing If-Match: etag_mismatch', async () => {
  const etag = whip.response.headers.get('etag');
  for (const match of ['"nothing"', etag.slice(1, -1), `W/${etag}`, `${etag}x`, '']) {
    const answer = await restart(match);
    expectProblem(answer, match ? 412 : 428, 'etag_mismatch');
  }
  expectProblem(await restart(undefined), 428, 'etag_mismatch');
  const done = await restart(etag);
  expectEqual(done.status, 200, `the right one works: ${done.text}`);
  expectProblem(await restart(etag, FRAGMENT.replace('abcd', 'efgh')), 412, 'etag_mismatch');
});

await test('PATCH: a malformed fragment: sdp_malformed', async () => {
  for (const body of ['a=ice-ufrag:abcd\r\n', 'a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n', 'a=ice-ufrag:a b\r\n',
    'a=ice-ufrag:\r\na=ice-pwd:\r\n', 'a=ice-ufrag:abc\r\na=ice-pwd:x\r\n']) {
    expectProblem(await restart('*', body), 400, 'sdp_malformed');
  }
  for (const body of [`a=ice-ufrag:${'x'.repeat(33)}\r\na=ice-pwd:${'y'.repeat(24)}\r\n`]) {
    const answer = await restart('*', body);
    expectProblem(answer, STATUS[answer.problem?.code], 'sdp_malformed|sdp_unsupported');
  }
  await expectSession(whipUrl, 'cam');
});

await test('sessions of others and of nobody: resource_unknown', async () => {
  const other = token({ sub: 'eve' });
  expectProblem(await restart('*', FRAGMENT, 'eve'), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whipUrl, { auth: other }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whipUrl.replace('whip', 'whep'), { auth: token({ sub: 'cam' }) }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', whepUrl.replace('whep', 'whip'), { auth: token({ sub: 'eye' }) }), 404, 'resource_unknown');
  expectProblem(await http('DELETE', '/whip/demo/nothing', { auth: token({ sub: 'cam' }) }), 404, 'resource_unknown');
  await expectSession(whipUrl, 'cam');
  await expectSession(whepUrl, 'eye');
});

// ---- seats

await test('a second join of a sub takes the seat over; no ghost on the roster', async () => {
  const watcher = await open();
  await join(watcher, { token: token({ sub: 'watcher' }) });
  const bob = token({ sub: 'bob', role: 'buyer', name: 'Bob' });
  let old = await open();
  const { participant } = await join(old, { token: bob });
  for (let i = 0; i < 5; i++) {
    const fresh = await open();
    const joined = await join(fresh, { token: bob });
    expectEqual(joined.participant.id, participant.id, 'the same participant');
    expectEqual(joined.roster.filter((p) => p.name === 'Bob').length, 1, 'one Bob');
    expectError(await await_(old, (m) => m.type === 'error'), 'seat_taken_over');
    expectEqual((await old.closed).code, 4001, 'close code');
    old = fresh;
  }
  await expectSeated(old);
  const viaWhip = await post('/whip/demo', token({ sub: 'bob', role: 'buyer' }));
  expectEqual(viaWhip.status, 201, viaWhip.text.slice(0, 200));
  expectError(await await_(old, (m) => m.type === 'error'), 'seat_taken_over');
  expectEqual((await old.closed).code, 4001, 'close code');
  const url = new URL(viaWhip.response.headers.get('location'), base).pathname;
  const back = await open();
  expectEqual((await join(back, { token: bob })).participant.id, participant.id, 'back from WHIP');
  expectProblem(await http('DELETE', url, { auth: bob }), 404, 'resource_unknown');
  await request(back, { type: 'leave' });
  const kinds = new Set();
  await await_(watcher, (m) => {
    kinds.add(m.type === 'participant_joined' ? `joined ${m.participant.id}` : m.type);
    return m.type === 'participant_left' && m.id === participant.id;
  });
  expectEqual([...kinds].filter((k) => k.startsWith('joined')).join(), `joined ${participant.id}`, 'one arrival');
  await request(watcher, { type: 'leave' });
  await Promise.all([back.close(), watcher.close()]);
});

await test('after everything: one seat, one publisher, one viewer, and nothing else', async () => {
  await expectSeated(ada);
  await expectSession(whipUrl, 'cam');
  await until(async () => (await server.metric('oriel_signaling_participants')) === 2, 'Ada and the camera');
  expectEqual(await server.metric('oriel_signaling_sessions'), 3, 'sessions');
  await Promise.all([ada.close(), stranger.close()]);
});

await test('the server ends in good order, without a report of a sanitizer', async () => {
  expectEqual((await server.stop()).code, 0, `exit status\n${server.tail()}`);
  const report = server.log.filter((l) => /Sanitizer|runtime error/.test(l));
  expectEqual(report.join('\n'), '', 'reports');
});

// ---- the command line: one clear line

const run = (...args) => spawnSync(ORIEL, args, { cwd: ROOT, encoding: 'utf8', timeout: 60000 });

function expectOneLine(result, text, status = 1) {
  expectEqual(result.status, status, `exit status; ${result.stderr}`);
  const lines = result.stderr.trim().split('\n');
  expectEqual(lines.length, 1, `lines:\n${result.stderr}`);
  expect(lines[0].startsWith('oriel: ') && lines[0].includes(text), `"${lines[0]}" lacks "${text}"`);
  expectEqual(result.stdout, '', 'standard output');
}

const fresh = (change) => {
  const own = tempDir();
  return writeConfig(own, (c) => {
    c.media = { address: '127.0.0.1', port: 0, workers: 1 };
    change(c, own);
  });
};
const put = (own, name, text, mode = 0o644) => {
  fs.writeFileSync(path.join(own, name), text, { mode });
  return path.join(own, name);
};

await test('serve: the TCP port is in use', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.on('listening', resolve));
  const { port } = taken.address();
  const config = await fresh((c) => { c.listen.port = port; });
  expectOneLine(run('serve', '-c', config), `cannot listen on 127.0.0.1 port ${port}: Address already in use`);
  taken.close();
});

await test('serve: the UDP port is in use', async () => {
  const taken = dgram.createSocket('udp4');
  await new Promise((resolve) => taken.bind(0, '127.0.0.1', resolve));
  const { port } = taken.address();
  const config = await fresh((c) => { c.media.port = port; });
  expectOneLine(run('serve', '-c', config), `cannot bind UDP 127.0.0.1:${port}: Address already in use`);
  taken.close();
});

const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' });
const broken = [
  ['no configuration', async () => '/nonexistent/oriel.json', 'cannot read the configuration'],
  ['a directory as configuration', async () => tempDir(), 'cannot read the configuration'],
  ['an empty configuration', async () => put(tempDir(), 'c.json', ''), ':1'],
  ['a configuration of noise', async () => put(tempDir(), 'c.json', crypto.randomBytes(500)), 'c.json:'],
  ['a configuration with a NUL', async () => put(tempDir(), 'c.json', '{"a\0b":1}'), 'c.json:'],
  ['a deep configuration', async () => put(tempDir(), 'c.json', '['.repeat(500000)), 'c.json'],
  ['a key of the wrong type', () => fresh((c) => { c.listen = 5; }), 'listen'],
  ['a port of text', () => fresh((c) => { c.listen.port = '8080'; }), '"listen.port": must be a whole number'],
  ['no address', () => fresh((c) => { c.listen.address = 'localhost'; }), 'listen.address'],
  ['a short secret', () => fresh((c, own) => { c.auth.hs256_secret_file = put(own, 's', 'short'); }), 'at least 32 characters'],
  ['a secret that is a directory', () => fresh((c, own) => { c.auth.hs256_secret_file = own; }), 'cannot read the secret file'],
  ['a KEK that is none', () => fresh((c, own) => { c.recording.kek_file = put(own, 'k', 'not hex', 0o600); }), 'not 64 hex digits'],
  ['a KEK that others read', () => fresh((c, own) => { c.recording.kek_file = put(own, 'k', '0'.repeat(64), 0o644); }), 'chmod 0600'],
  ['a KEK that is a directory', () => fresh((c, own) => { c.recording.kek_file = own; }), 'key file'],
  ['no KEK', () => fresh((c) => { c.recording.create_kek = false; }), 'kek'],
  ['recordings in a file', () => fresh((c, own) => { c.recording.dir = put(own, 'f', 'x'); }), 'f'],
  ['no pages', () => fresh((c) => { c.web.dir = '/nonexistent'; }), '/nonexistent: cannot read the pages'],
  ['no certificate', () => fresh((c, own) => { c.tls = { cert: path.join(own, 'none'), key: put(own, 'k', PEM) }; }), 'none: cannot read'],
  ['no TLS key', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x'), key: path.join(own, 'none') }; }), 'none: cannot read'],
  ['a certificate that is none', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x'), key: put(own, 'k', PEM) }; }),
    'not a usable certificate'],
  ['a key where the certificate should be', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', PEM), key: put(own, 'k', PEM) }; }),
    'not a usable certificate'],
  ['a certificate that is a directory', () => fresh((c, own) => { c.tls = { cert: own, key: put(own, 'k', PEM) }; }), 'certificate'],
  ['a certificate without its key', () => fresh((c, own) => { c.tls = { cert: put(own, 'c', 'x') }; }), 'tls'],
  ['a tour twice', () => fresh((c) => { c.tours = [{ name: 'a' }, { name: 'a' }]; }), '"a"'],
  ['a tour with a bad name', () => fresh((c) => { c.tours = [{ name: '../x' }]; }), 'tours'],
];
for (const [name, make, text] of broken) {
  await test(`serve: ${name}: one line`, async () => {
    expectOneLine(run('serve', '-c', await make()), text);
  });
}

for (const [args, text] of [[['fly'], 'unknown command "fly"'], [['serve'], 'serve needs -c FILE'],
  [['serve', '-c'], '-c needs a value'], [['serve', '--fast'], 'unknown option "--fast"'],
  [['x'.repeat(5000)], 'unknown command'], [['token', '--role'], '--role needs a value'],
  [['recordings', 'sing'], 'recordings'], [['token', '-c', file, '--role', 'king', '--tour', 'a'], 'role'],
  [['token', '-c', file, '--role', 'agent', '--tour', 'a b'], 'tour'], [['check-config'], 'check-config needs one file']]) {
  await test(`command line: ${args.join(' ').slice(0, 40)}: one line, status 2`, () => {
    expectOneLine(run(...args), text, 2);
  });
}

finish();
