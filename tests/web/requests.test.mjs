// Every request of signaling/requests/requests.c has a method of the library, which sends the fields that the
// request has and no others.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { finish, test } from '../integ/lib/harness.mjs';
import { network, run, server } from './lib_oriel.mjs';

const { OrielClient, OrielError } = await import('../../web/lib/oriel.js');
const { Requests } = await import('../../web/lib/requests.js');

const folder = new URL('../../signaling/requests/', import.meta.url);
const sources = fs.readdirSync(folder).filter((f) => f.endsWith('.c')).map((f) => fs.readFileSync(new URL(f, folder), 'utf8'));

/** The table of the server: type of each request, and its fields, {name: needed}. */
function requestsOfServer() {
  const table = /table\[\] = \{([^}]*)\}/.exec(fs.readFileSync(new URL('requests.c', folder), 'utf8'))[1];
  return new Map([...table.matchAll(/&request_(\w+)/g)].map(([, name]) => {
    const text = sources.map((s) => new RegExp(`request request_${name} = \\{[^;]*;`).exec(s)?.[0]).find(Boolean);
    const type = /\.type = "(\w+)"/.exec(text)[1];
    const fields = [...text.matchAll(/\{"(\w+)", FIELD_\w+, (true|false)/g)].map(([, f, needed]) => [f, needed === 'true']);
    return [type, Object.fromEntries(fields)];
  }));
}

/** How each method is called, so that it sends all that it can. */
const CALLS = {
  muteOther: ['p7', 'camera'], muteAll: ['camera', ['p3']], allow: [{ chat: true }, { participants: ['p7'], except: [] }],
  pin: ['p7'], spotlight: ['p7'], record: [true, true], remove: ['p7'], admit: [['p7']], makeHost: ['p7', false],
  handOver: ['p7'], lock: [true], requireAdmission: [true], chat: ['Hello', 'hosts'], askQuestion: ['Why?'],
  answer: ['q1', 'answered', 'So.'], hand: [true, 'p7'], react: ['clap'], point: [{ x: 0, y: 1, source: 'p1/screen' }],
  chapter: ['Kitchen'], follow: [{ plan: 1 }], retract: [3], invite: ['Bea'], end: [], ping: [],
};
/** Of the client itself, besides; join, resume, restart and probe are in the tests of their own. */
const OWN = { mute: ['camera', true], refreshRoster: [], consent: [false], renew: ['fresh'], leave: [] };
const ELSEWHERE = ['hello', 'join', 'resume', 'restart', 'probe'];

const wanted = requestsOfServer();

/** What the library sends for a call. */
async function sentBy(method, args) {
  const client = new OrielClient({ url: 'ws://there', token: 't' });
  const sent = [];
  client.signal = { request: async (type, fields = {}) => { sent.push({ type, fields }); return { roster: [] }; }, close() {} };
  await client[method](...args);
  return sent[0];
}

await test('the_table_of_the_server_is_read', () => {
  assert.ok(wanted.size >= 30, `${wanted.size} requests`);
  assert.deepEqual(wanted.get('pin'), { participant: false });
  assert.equal(wanted.get('hand_over').participant, true);
});

await test('each_request_has_a_method', async () => {
  const asked = new Set(ELSEWHERE);
  for (const [method, args] of Object.entries({ ...CALLS, ...OWN })) {
    asked.add((await sentBy(method, args)).type);
  }
  assert.deepEqual([...asked].sort(), [...wanted.keys()].sort());
});

await test('each_method_is_called_here', () => {
  const methods = Object.getOwnPropertyNames(Requests.prototype).filter((m) => !['constructor', 'request'].includes(m));
  assert.deepEqual(methods.sort(), Object.keys(CALLS).sort());
});

for (const [method, args] of Object.entries({ ...CALLS, ...OWN })) {
  await test(`${method}_sends_what_its_request_takes`, async () => {
    const { type, fields } = await sentBy(method, args);
    const has = Object.keys(fields).filter((f) => fields[f] !== undefined);
    assert.deepEqual(has.filter((f) => !(f in wanted.get(type))), [], 'fields that nobody reads');
    const needed = Object.keys(wanted.get(type)).filter((f) => wanted.get(type)[f]);
    assert.deepEqual(needed.filter((f) => !has.includes(f)), [], 'fields that are missing');
  });
}

await test('without_a_connection_each_rejects', async () => {
  const client = new OrielClient({ url: 'ws://there', token: 't' });
  await assert.rejects(client.pin(null), (e) => e instanceof OrielError && e.code === 'not_joined');
  await assert.rejects(client.mute('camera', true), { code: 'not_joined' });
});

await test('an_error_says_which_field_and_what_of_it', async () => {
  const client = new OrielClient({ url: 'ws://there', token: 't' });
  Object.assign(network, { up: true, delay: 20 });
  const plain = server.answer;
  server.answer = () => ({ type: 'error', code: 'bad_field', message: 'No.', field: 'tour', detail: 'why' });
  const looked = client.look().catch((e) => e);
  await run(1000);
  server.answer = plain;
  const { code, message, field, detail } = await looked;
  assert.deepEqual({ code, message, field, detail }, { code: 'bad_field', message: 'No.', field: 'tour', detail: 'why' });
});

await test('on_gives_details_until_it_is_ended', () => {
  const client = new OrielClient({ url: 'ws://there', token: 't' });
  const heard = [];
  const end = client.on('speaker', (who) => heard.push(who));
  client.receive({ type: 'speaker', participant: 'p1' });
  end();
  client.receive({ type: 'speaker', participant: 'p2' });
  client.receive({ type: 'constructor' });
  client.receive({ type: 'what a newer server says' });
  assert.deepEqual(heard, ['p1']);
});
finish();
