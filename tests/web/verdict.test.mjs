// web/lib/verdict.js: what was found of a connection in a code, a line and an advice.
import assert from 'node:assert/strict';
import { finish, test } from '../integ/lib/harness.mjs';

await import('./lib_oriel.mjs');
const { bestRate } = await import('../../web/lib/path_test.js');
const { verdict } = await import('../../web/lib/verdict.js');

const WIDE = { code: '', udp: true, tcp: true, turn: null, rttMs: 12, lossPercent: 0, downKbps: 2400, upKbps: 2500 };

for (const [name, found, ok, cause, text] of [
  ['all_is_well', {}, true, 'good', 'UDP works, 12 ms, 2.4 Mbit/s down, 2.5 Mbit/s up'],
  ['tcp_only', { udp: false }, true, 'udp_blocked', 'UDP blocked, TCP works, 12 ms, 2.4 Mbit/s down, 2.5 Mbit/s up'],
  ['a_relay_only', { udp: false, tcp: false, turn: true }, true, 'relay_only', 'UDP blocked, a relay works, 12 ms'],
  ['nothing', { udp: false, tcp: false, rttMs: null, lossPercent: null, downKbps: null, upKbps: null }, false, 'media_blocked',
    'UDP blocked, TCP blocked'],
  ['who_can_only_watch', { upKbps: 200, downKbps: 180 }, true, 'narrow_up', 'UDP works, 12 ms, 180 kbit/s down'],
  ['narrow_both_ways', { upKbps: 100, downKbps: 90 }, false, 'narrow', 'UDP works, 12 ms, 90 kbit/s down, 100 kbit/s up'],
  ['narrow_down', { downKbps: 200 }, false, 'narrow', 'UDP works'],
  ['a_bandwidth_that_was_not_measured', { upKbps: null, downKbps: null }, true, 'good', 'UDP works, 12 ms'],
  ['lossy', { lossPercent: 9.5 }, false, 'lossy', 'UDP works, 12 ms, 2.4 Mbit/s down, 2.5 Mbit/s up, 9.5 % lost'],
  ['far_away', { rttMs: 700 }, false, 'far', 'UDP works, 700 ms'],
]) {
  await test(name, () => {
    const v = verdict({ ...WIDE, ...found });
    assert.deepEqual([v.ok, v.cause, v.code], [ok, cause, null]);
    assert.ok(v.text.startsWith(text), v.text);
    assert.equal(v.advice === '', cause === 'good');
  });
}

for (const [code, cause] of [['token_expired', 'token'], ['token_missing', 'token'], ['token_attempts', 'busy'], ['server_full', 'busy'],
  ['removed', 'not_allowed'], ['offline', 'offline'], ['websocket_blocked', 'websocket_blocked'], ['timeout', 'unreachable'],
  ['sdp_unsupported', 'no_answer'], ['toString', 'no_answer'], ['unknown_type', 'no_answer']]) {
  await test(`${code}_is_${cause}`, () => {
    const v = verdict({ ...WIDE, code, udp: null });
    assert.deepEqual([v.ok, v.cause, v.code], [false, cause, code]);
    assert.ok(v.advice.length > 10 && v.text === v.advice);
  });
}
await test('the_best_second_counts_and_of_few_looks_what_there_is', () => {
  const at = [0, 250, 500, 750, 1000, 1250, 1500];
  assert.equal(bestRate([0, 0, 0, 25000, 50000, 75000, 100000], at), 800);
  assert.equal(bestRate([0, 25000], at), 800);
  assert.deepEqual([bestRate([7], at), bestRate([], at)], [null, null]);
});
finish();
