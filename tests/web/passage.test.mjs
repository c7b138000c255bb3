// A passage that is to be removed: times as people write them, and what it is removed from.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { groupsOf, lackOf, secondsOf } from '../../web/ui/ops/passage.js';
import en from '../../web/ui/words/en_ops.js';
import { say } from '../../web/ui/words/words.js';

say(en);

await test('times_are_read_as_people_write_them', () => {
  for (const [text, s] of [['42', 42], ['0:42', 42], ['00:42', 42], ['1:02:30', 3750], [' 12:05.5 ', 725.5], ['90:00', 5400], ['0:07,25', 7.25], ['100', 100]]) {
    expectEqual(secondsOf(text), s, text);
  }
  for (const text of ['', 'x', '1:', ':30', '1:75', '1:61:00', '-3', '1:2:3:4', '1e3', '0x10', '٣', '1'.repeat(40)]) {
    expectEqual(Number.isNaN(secondsOf(text)), true, text);
  }
});

const track = (id, kind, participant, more) => ({ id, kind, participant, codec: 'vp8', epochs: [{}], ...more });

await test('it_is_removed_from_what_people_see_as_one', () => {
  const groups = groupsOf({ tracks: [track('c1', 'camera', 'Ann'), track('m1', 'microphone', 'Ann'), track('c2', 'camera', 'Ann'), track('programme', 'programme', null),
    track('m2', 'microphone', 'Bea'), track('m3', 'microphone', '', { erased: true }), track('m4', 'microphone', 'Cy', { epochs: [] })] });
  expectEqual(groups.map(({ label, ids }) => `${label} = ${ids.join()}`).join('; '),
    'The tour, as shown = programme; Ann: camera, microphone = c1,m1,c2; Bea: microphone = m2', 'groups');
  expectEqual(groupsOf({ tracks: [] }).length, 0, 'of nothing');
});

await test('what_lacks_is_said_before_it_is_asked_for', () => {
  const lack = (more) => lackOf({ from: 1, to: 2, length: 10, chosen: 1, ...more });
  expectEqual([lack({}), lack({ from: NaN }), lack({ to: NaN }), lack({ to: 1 }), lack({ from: 10, to: 11 }), lack({ chosen: 0 }), lack({ to: 99 })].join(),
    ',time,time,order,length,what,', 'lacks');
});

finish();
