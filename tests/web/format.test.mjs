// How long until something begins, and when it was, as people say it.
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';
import { day, figure, size, timeOfDay, until, when } from '../../web/ui/words/format.js';

await test('until_is_never_far_off', () => {
  const cases = [[0.2, 'in 1 second'], [1, 'in 1 second'], [44.1, 'in 45 seconds'], [59, 'in 59 seconds'], [60, 'in 1 minute'], [119, 'in 1 minute'],
    [720, 'in 12 minutes'], [3600, 'in 60 minutes'], [7199, 'in 119 minutes'], [7200, 'in 2 hours'], [172799, 'in 47 hours'], [172800, 'in 2 days']];
  for (const [seconds, text] of cases) {
    expectEqual(until(seconds), text, `${seconds} s`);
  }
});

await test('dates_are_written_as_in_the_country_of_the_reader', () => {
  const morning = new Date(2026, 0, 31, 15, 5).toISOString();
  const reads = (languages, how) => {
    Object.defineProperty(globalThis, 'navigator', { value: { languages }, configurable: true });
    return how().replace(/[\u202f\u00a0]/g, ' ');
  };
  const cases = [[['en-GB', 'en'], '31 Jan 2026, 15:05'], [['en-US', 'en'], 'Jan 31, 2026, 3:05 PM'], [['fr-FR', 'en-GB', 'en-US'], '31 Jan 2026, 15:05'],
    [['en'], 'Jan 31, 2026, 3:05 PM'], [['fr-FR'], 'Jan 31, 2026, 3:05 PM'], [[], 'Jan 31, 2026, 3:05 PM'], [undefined, 'Jan 31, 2026, 3:05 PM'],
    [['en-US@posix', 'EN-gb'], '31 Jan 2026, 15:05'], [['en-US@posix'], 'Jan 31, 2026, 3:05 PM']];
  for (const [languages, text] of cases) {
    expectEqual(reads(languages, () => when(morning)), text, `${languages}`);
  }
  expectEqual(reads(['en-GB'], () => `${day(morning)}, ${timeOfDay(morning)}`), '31 Jan 2026, 15:05', 'day and time');
  expectEqual(reads(['en-IN'], () => figure(1234567)), '12,34,567', 'figures');
  expectEqual(reads(['en-ZA'], () => size(1500000)), '1,5 MB', 'sizes');
  expectEqual(reads(['en-GB'], () => when('yesterday')), 'yesterday', 'what is no date');
});
finish();
