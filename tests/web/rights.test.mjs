// What web/lib/oriel.js makes of rights and mutes: resolved, and what is withdrawn is stopped.
import assert from 'node:assert/strict';
import { finish, test } from '../integ/lib/harness.mjs';
import './lib_oriel.mjs';

const { OrielClient } = await import('../../web/lib/oriel.js');
const { capabilities, maySend } = await import('../../web/lib/rights.js');

const ALL = { audio: 'both', camera: 'both', screen: 'both', chat: true, point: true };
const GUEST = { ...ALL, screen: 'receive', point: false };
const tour = { can: { host: ALL, guest: GUEST } };

await test('what_is_not_said_of_somebody_is_said_of_such_people', () => {
  assert.equal(capabilities(tour, { host: false }), GUEST);
  assert.equal(capabilities(tour, { host: true }), ALL);
  const own = { ...GUEST, chat: false };
  assert.equal(capabilities(tour, { host: false, can: own }), own);
  assert.equal(maySend(capabilities(tour, { role: 'ops', host: false }), 'microphone'), false);
  assert.ok(maySend(capabilities({}, {}), 'screen'), 'of a server without rights');
  assert.deepEqual(['none', 'send', 'receive', 'both'].map((audio) => maySend({ ...ALL, audio }, 'microphone')),
    [false, true, false, true]);
});

/** A client in a tour, without a server; what it publishes and says is listed. */
function client() {
  const c = new OrielClient({ url: 'ws://127.0.0.1:1', token: '' });
  const log = [];
  const sources = { microphone: 'on', camera: 'on', screen: 'off' };
  c.me = { id: 'p2', host: false, sources };
  c.tour = tour;
  c.participants = new Map([['p1', { id: 'p1', name: 'Ann', host: true }], ['p2', c.me]]);
  c.session = { publish: async (kind, track) => log.push(`${track ? 'send' : 'stop'} ${kind}`) };
  c.signal = { request: async (type, fields) => log.push(`${type} ${JSON.stringify(fields)}`) };
  for (const type of ['muted', 'withdrawn', 'can']) {
    c.addEventListener(type, (e) => log.push([type, e.detail]));
  }
  return { c, log };
}

await test('a_right_that_is_taken_away_stops_what_it_was_for', async () => {
  const { c, log } = client();
  await c.publish('camera', {});
  await c.publish('microphone', {});
  await assert.rejects(c.publish('screen', {}), { code: 'forbidden' });
  log.length = 0;
  const can = { ...GUEST, camera: 'receive' };
  c.receive({ type: 'participant_changed', participant: { ...c.me, can } });
  assert.deepEqual(log, ['stop camera', ['withdrawn', 'camera'], ['can', can]]);
  log.length = 0;
  c.receive({ type: 'participant_changed', participant: { ...c.me, can } });
  assert.deepEqual(log, [], 'and once');
  c.receive({ type: 'participant_changed', participant: { id: 'p1', name: 'Ann', host: true, can } });
  assert.deepEqual(log, [], 'nor for what is said of others');
  c.receive({ type: 'tour_changed', tour: { can: { host: ALL, guest: { ...GUEST, audio: 'none' } } } });
  assert.deepEqual(log, [], 'what is said of oneself counts more');
  c.receive({ type: 'participant_changed', participant: { ...c.me, can: undefined } });
  assert.deepEqual(log.slice(0, 2), ['stop microphone', ['withdrawn', 'microphone']]);
});

await test('who_is_muted_stops_and_knows_by_whom', async () => {
  const { c, log } = client();
  await c.publish('microphone', {});
  log.length = 0;
  c.receive({ type: 'muted', source: 'microphone', by: 'p1' });
  assert.equal(log[0], 'stop microphone');
  assert.deepEqual(log[1], ['muted', { source: 'microphone', by: c.participants.get('p1') }]);
  assert.equal(c.published.get('microphone'), null);
});

await test('a_mute_that_was_not_heard_is_found_on_coming_back', async () => {
  const { c, log } = client();
  await c.publish('microphone', {});
  await c.publish('camera', {});
  await c.mute('camera', true); // her own will, and the track stays
  log.length = 0;
  const me = { ...c.me, sources: { microphone: 'muted', camera: 'muted', screen: 'off' } };
  c.enter({ participant: me, tour, roster: [me], slots: [] });
  assert.deepEqual(log.filter((l) => l[0] !== 'can'),
    ['stop microphone', ['muted', { source: 'microphone', by: null }]]);
});

await test('hosts_ask', async () => {
  const { c, log } = client();
  await c.muteOther('p2', 'camera');
  await c.muteAll('microphone', ['p3']);
  await c.allow({ screen: 'both' }, { participants: ['p2'] });
  await c.allow({ chat: false });
  assert.deepEqual(log, ['mute {"participant":"p2","kind":"camera","muted":true}',
    'mute_all {"kind":"microphone","except":["p3"]}', 'allow {"participants":["p2"],"can":{"screen":"both"}}',
    'allow {"can":{"chat":false}}']);
});

await test('changes_of_a_roster_come_in_any_order', () => {
  const { c, log } = client();
  c.addEventListener('roster', (e) => log.push(e.detail.map((p) => p.id).join()));
  const bob = { id: 'p3', name: 'Bob', host: false };
  c.receive({ type: 'roster_changed', joined: [bob], changed: [{ ...c.me, name: 'Ada' }], left: [{ id: 'p9', reason: 'left' }] });
  assert.equal(c.me.name, 'Ada');
  c.receive({ type: 'roster_changed', joined: [], changed: [{ ...bob, name: 'Bo' }], left: [{ id: 'p1', reason: 'timeout' }] });
  assert.deepEqual(log.filter((x) => typeof x === 'string'), ['p1,p2,p3', 'p2,p3']);
  assert.equal(c.participants.get('p3').name, 'Bo');
});

await test('the_whole_roster_replaces_what_was_known', async () => {
  const { c } = client();
  c.signal = { request: async () => ({ roster: [{ ...c.me, name: 'Ada' }], speaker: null }) };
  assert.deepEqual((await c.refreshRoster()).map((p) => p.name), ['Ada']);
  assert.equal(c.me.name, 'Ada');
});

await test('what_the_server_refuses_is_stopped_and_asked_for_again', async () => {
  const { c, log } = client();
  await c.publish('camera', {});
  c.addEventListener('refused', (e) => log.push(e.detail.code));
  log.length = 0;
  c.receive({ type: 'source_refused', source: 'camera', code: 'sources_full', message: 'Full.' });
  assert.deepEqual(log, ['stop camera', 'sources_full']);
  log.length = 0;
  const request = c.signal.request;
  c.signal.request = async () => { throw Object.assign(new Error('Full.'), { code: 'sources_full' }); };
  await assert.rejects(c.publish('camera', {}), { code: 'sources_full' });
  assert.deepEqual(log, []);
  c.signal.request = request;
  await c.publish('camera', {});
  await c.publish('camera', {});
  assert.deepEqual(log, ['mute {"kind":"camera","muted":false}', 'send camera', 'send camera']);
});

finish();
