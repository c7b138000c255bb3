// The words of the pages: every language has every phrase with the same blanks, and each phrase is said somewhere.
import fs from 'node:fs';
import path from 'node:path';
import { expectEqual, finish, test } from '../integ/lib/harness.mjs';

const UI = new URL('../../web/ui/', import.meta.url).pathname;
// en.js is what all pages say, en_ops.js what one of them says besides.
const LANGUAGES = fs.readdirSync(path.join(UI, 'words')).filter((f) => /^[a-z]{2}(_\w+)?\.js$/.test(f));
const load = async (file) => (await import(path.join(UI, 'words', file))).default;
const measure = (file) => file.replace(/^[a-z]{2}/, 'en');
const english = LANGUAGES.filter((file) => file === measure(file));
const all = Object.assign({}, ...await Promise.all(english.map(load)));
const forms = (phrase) => (typeof phrase === 'string' ? [phrase] : [phrase.one, phrase.other]);
const blanks = (phrase) => [...new Set(forms(phrase).flatMap((f) => f.match(/\{\w+\}/g) ?? []))].sort().join();

function sources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory()
    ? sources(path.join(folder, e.name))
    : e.name.endsWith('.js') && !LANGUAGES.includes(e.name) ? [fs.readFileSync(path.join(folder, e.name), 'utf8')] : []));
}

for (const file of LANGUAGES) {
  const [words, en] = [await load(file), await load(measure(file))];
  await test(`${file}_has_each_phrase_with_its_blanks`, () => {
    const wrong = Object.keys(en).filter((key) => words[key] === undefined || forms(words[key]).some((f) => !f?.trim())
      || blanks(words[key]) !== blanks(en[key]));
    expectEqual(wrong.join(), '', 'phrases that differ');
    expectEqual(Object.keys(words).filter((key) => en[key] === undefined).join(), '', 'phrases that English has not');
    expectEqual(words.language ?? file.slice(0, 2), file.slice(0, 2), 'what language it is');
  });
}

await test('every_language_has_every_file', () => {
  const languages = [...new Set(LANGUAGES.map((file) => file.slice(0, 2)))];
  const missing = languages.flatMap((l) => english.map((file) => file.replace(/^en/, l))).filter((file) => !LANGUAGES.includes(file));
  expectEqual(missing.join(), '', 'files');
});

await test('each_phrase_is_said_somewhere', () => {
  const code = sources(UI).join('\n');
  // `t('a.b')`, t(`a.${kind}`) and told('a', code): of the last two the beginning is what can be looked for.
  const whole = new Set([...code.matchAll(/'([\w.]+)'/g)].map((m) => m[1]));
  const begun = [...code.matchAll(/`([\w.]+\.)\$\{/g)].map((m) => m[1]);
  const groups = [...code.matchAll(/told\('(\w+)'/g)].map((m) => `${m[1]}.`);
  const unsaid = Object.keys(all).filter((key) => !whole.has(key) && ![...begun, ...groups].some((b) => key.startsWith(b)));
  expectEqual(unsaid.join(), '', 'phrases that nobody says');
});
/** The files that a module needs before it runs. */
function closure(file, seen = new Set()) {
  if (!seen.has(file)) {
    seen.add(file);
    const text = fs.readFileSync(file, 'utf8');
    [...text.matchAll(/^(?:import|export)[^;]*? from '(\.[^']+)'|^import '(\.[^']+)'/gm)]
      .forEach((m) => closure(path.join(path.dirname(file), m[1] ?? m[2]), seen));
  }
  return seen;
}

// What is said by what is loaded with a page has been loaded, too.
for (const [file, words] of [['tour/page.js', 'en'], ['tour/room.js', 'en en_tour'], ['tour/agent/desk.js', 'en en_tour en_agent'],
  ['landing/page.js', 'en en_landing'], ['ops/page.js', 'en en_ops']]) {
  await test(`${file.replace(/\W/g, '_')}_has_the_words_that_it_says`, async () => {
    const known = Object.assign({}, ...await Promise.all(words.split(' ').map((w) => load(`${w}.js`))));
    const code = [...closure(path.join(UI, file))].filter((f) => f.startsWith(UI) && !f.includes('/words/')).map((f) => fs.readFileSync(f, 'utf8')).join('\n');
    const said = [...code.matchAll(/'(\w+\.[\w.]+)'/g)].map((m) => m[1]).filter((key) => Object.hasOwn(all, key));
    const begun = [...code.matchAll(/\bt\(`([\w.]+\.)\$\{/g)].map((m) => m[1]);
    const lacks = [...said, ...begun].filter((key) => !Object.keys(known).some((k) => k === key || key.endsWith('.') && k.startsWith(key)));
    expectEqual([...new Set(lacks)].join(), '', 'phrases');
    expectEqual(said.length > 3, true, 'it says something');
  });
}

await test('what_is_loaded_at_the_same_time_is_all_there', async () => {
  const { speakOf, t } = await import(path.join(UI, 'words/words.js'));
  await Promise.all(['tour', 'agent', 'check'].map(speakOf));
  expectEqual([t('bar.leave'), t('agent.rec.start'), t('verdict.good')].join(', '), 'Leave, Start recording, Your connection is good.', 'phrases');
});
finish();
