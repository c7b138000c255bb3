// web/lib/stats.js: rates since the last call, shares, and the words for them.
import assert from 'node:assert/strict';
import { finish, test } from '../integ/lib/harness.mjs';

const { StatsReader } = await import('../../web/lib/stats.js');

/** A report of a browser at this time [ms], that has sent and received so many bytes. */
function report(ms, bytes, { rtt = 0.03, lost = 0, received = 0, frozen = 0, fraction = 0, limited = 'none' } = {}) {
  const all = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    { id: 'P', type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: rtt, bytesSent: bytes, bytesReceived: 2 * bytes },
    { id: 'Q', type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: 9, bytesSent: 1e9 },
    { id: 'L', type: 'local-candidate', protocol: 'udp', candidateType: 'host' },
    { id: 'O1', type: 'outbound-rtp', mid: '1', bytesSent: bytes / 2, frameHeight: 720, frameWidth: 1280, framesPerSecond: 30,
      qualityLimitationReason: limited },
    { id: 'O2', type: 'outbound-rtp', mid: '1', bytesSent: bytes / 4, frameHeight: 360, frameWidth: 640, qualityLimitationReason: 'none' },
    { id: 'R1', type: 'remote-inbound-rtp', localId: 'O1', fractionLost: fraction, roundTripTime: 0.04 },
    { id: 'I', type: 'inbound-rtp', mid: '3', bytesReceived: bytes, packetsLost: lost, packetsReceived: received, jitter: 0.0051,
      frameWidth: 640, frameHeight: 360, framesPerSecond: 25, totalFreezesDuration: frozen },
  ];
  return new Map(all.map((s) => [s.id, { timestamp: ms, ...s }]));
}

const senders = new Map([['camera', { mid: '1' }], ['screen', { mid: '2' }]]);
const slot = { mid: '3', kind: 'stage', participant: 'p2', source: 'camera', paused: false };
const empty = { mid: '4', kind: 'gallery', participant: null, source: null, paused: false };
const what = { senders, slots: [slot, empty] };

await test('rates_are_since_the_last_call', () => {
  const reader = new StatsReader();
  reader.read(report(1000, 10000), what);
  const stats = reader.read(report(3000, 260000, { received: 250 }), what);
  assert.deepEqual(stats.link, { quality: 'good', rttMs: 30, upKbps: 1000, downKbps: 2000, protocol: 'udp', relay: false });
  assert.deepEqual(stats.sources[0], { kind: 'camera', quality: 'good', kbps: 750, rttMs: 40, lossPercent: 0, width: 1280,
    height: 720, fps: 30, limited: 'none' });
  assert.equal(stats.sources[1].quality, 'off');
  assert.deepEqual(stats.slots[0], { mid: '3', kind: 'stage', participant: 'p2', source: 'camera', quality: 'good', kbps: 1000,
    lossPercent: 0, jitterMs: 5.1, width: 640, height: 360, fps: 25, frozenMs: 0 });
  assert.equal(stats.slots[1].quality, 'off');
  assert.equal(stats.quality, 'good');
});

for (const [name, was, is, quality, value] of [
  ['loss', { received: 100 }, { received: 195, lost: 5 }, 'fair', (s) => s.slots[0].lossPercent === 5],
  ['much_loss', { received: 100, lost: 50 }, { received: 190, lost: 60 }, 'poor', (s) => s.slots[0].lossPercent === 10],
  ['a_freeze', { frozen: 3 }, { frozen: 3.3 }, 'poor', (s) => s.slots[0].frozenMs === 300],
  ['a_short_one', { frozen: 3 }, { frozen: 3.06 }, 'fair', (s) => s.slots[0].frozenMs === 60],
  ['far_away', {}, { rtt: 0.3 }, 'fair', (s) => s.link.rttMs === 300],
  ['a_bad_uplink', {}, { fraction: 0.1 }, 'poor', (s) => s.sources[0].lossPercent === 10],
  ['a_limited_sender', {}, { limited: 'bandwidth' }, 'fair', (s) => s.sources[0].limited === 'bandwidth'],
]) {
  await test(`${name}_is_${quality}`, () => {
    const reader = new StatsReader();
    reader.read(report(0, 0, was), what);
    const stats = reader.read(report(2000, 100000, is), what);
    assert.ok(value(stats), JSON.stringify(stats));
    assert.equal(stats.quality, quality);
  });
}

await test('a_slot_that_is_paused_is_poor', () => {
  const stats = new StatsReader().read(report(0, 0), { senders, slots: [{ ...slot, paused: true }] });
  assert.equal(stats.slots[0].quality, 'poor');
});

await test('the_first_call_knows_what_is_sent', () => {
  const { sources } = new StatsReader().read(report(1000, 10000), what);
  assert.deepEqual(sources.map((s) => s.quality), ['good', 'off']);
});

await test('a_link_that_is_down_is_poor_whatever_was_measured_before', () => {
  const { quality, link } = new StatsReader().read(report(1000, 10000), { ...what, down: true });
  assert.deepEqual([quality, link.quality, link.rttMs], ['poor', 'poor', 30]);
});

await test('another_connection_begins_anew', () => {
  const reader = new StatsReader();
  reader.read(report(0, 900000, { received: 900, lost: 90 }), what);
  const { slots, link } = reader.read(report(1000, 125000, { received: 10, lost: 1 }), what);
  assert.deepEqual([slots[0].kbps, slots[0].lossPercent, link.upKbps], [0, 0, 0], 'what was counted is not less than nothing');
  const nothing = reader.read(new Map(), { senders: new Map(), slots: [] });
  assert.deepEqual([nothing.quality, nothing.link.quality], ['good', 'off']);
});

await test('of_a_client_each_connection_is_read_for_itself', async () => {
  globalThis.document ??= { addEventListener() {} };
  const { OrielClient } = await import('../../web/lib/oriel.js');
  const c = new OrielClient({ url: 'ws://127.0.0.1:1', token: '' });
  assert.equal((await c.stats()).link.quality, 'off');
  const session = (all) => ({ senders: new Map(), slots: new Map(), pc: { connectionState: 'connected', getStats: async () => all } });
  c.session = session(report(1000, 10000));
  await c.stats();
  c.session = session(report(2000, 900000)); // another one of the same names, which has sent more
  assert.equal((await c.stats()).link.upKbps, 0);
  c.session.pc.connectionState = 'failed';
  assert.equal((await c.stats()).quality, 'poor');
});
finish();
