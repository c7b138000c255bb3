// Every message that a client may send that it should not, over a WebSocket: each row asserts the documented
// code and message, and that the connection or seat it was sent over is as it was.
import crypto from 'node:crypto';
import { ada, await_, base, CONSENT, data, expectError, expectProblem, expectSeated, good, http, join,
  joinMessage, leftInGoodOrder, OFFER, open, PLAY, post, request, SOURCES, stranger,
  token } from './lib/bad_input.mjs';
import { expectEqual, finish, test } from './lib/harness.mjs';
import { frame } from './lib/ws.mjs';

// ---- what cannot be read

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
    expectEqual((await await_(ada, (m) => !/^(participant|roster)_changed$/.test(m.type))).type, 'pong', text.slice(0, 30));
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

// ---- seats

await test('a second join of a sub takes the seat over if it says so; no ghost on the roster', async () => {
  const watcher = await open();
  await join(watcher, { token: token({ sub: 'watcher' }) });
  const bob = token({ sub: 'bob', role: 'buyer', name: 'Bob' });
  let old = await open();
  const { participant } = await join(old, { token: bob });
  for (let i = 0; i < 5; i++) {
    const fresh = await open();
    expectError(await request(fresh, joinMessage({ token: bob })), 'seat_taken');
    const joined = await join(fresh, { token: bob, seat: 'take_over' });
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
  expectEqual((await join(back, { token: bob, seat: 'take_over' })).participant.id, participant.id, 'back from WHIP');
  expectProblem(await http('DELETE', url, { auth: bob }), 404, 'resource_unknown');
  await request(back, { type: 'leave' });
  const kinds = new Set();
  await await_(watcher, (m) => {
    [m.participant ?? [], m.joined ?? []].flat().forEach((p) => {
      kinds.add(m.type === 'participant_changed' ? m.type : `joined ${p.id}`);
    });
    return [m, ...m.left ?? []].some((x) => x.reason === 'left' && x.id === participant.id);
  });
  expectEqual([...kinds].filter((k) => k.startsWith('joined')).join(), `joined ${participant.id}`, 'one arrival');
  await request(watcher, { type: 'leave' });
  await Promise.all([back.close(), watcher.close()]);
});

await leftInGoodOrder();
finish();
