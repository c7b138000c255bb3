// How long until something begins, as people say it.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { until } from '../../web/ui/words/format.js';

await test('until_is_never_far_off', () => {
  const cases = [[0.2, 'in 1 second'], [1, 'in 1 second'], [44.1, 'in 45 seconds'], [59, 'in 59 seconds'], [60, 'in 1 minute'], [119, 'in 1 minute'],
    [720, 'in 12 minutes'], [3600, 'in 60 minutes'], [7199, 'in 119 minutes'], [7200, 'in 2 hours'], [172799, 'in 47 hours'], [172800, 'in 2 days']];
  for (const [seconds, text] of cases) {
    expectEqual(until(seconds), text, `${seconds} s`);
  }
});
finish();
