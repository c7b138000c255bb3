// What the pages say, in the reader's language: `await speak()` once at the start, then `t('join')`. A language is
// one file; en.js is the one that the others are checked against, and what is missing nowhere.

import en from './en.js';

/** @typedef {keyof typeof en | keyof typeof import('./en_tour.js').default | keyof typeof import('./en_check.js').default
 *   | keyof typeof import('./en_landing.js').default | keyof typeof import('./en_ops.js').default
 *   | keyof typeof import('./en_agent.js').default} Key */
/** @typedef {string|{one: string, other: string}} Phrase where it depends on a count, `n` */
/** @typedef {Record<string, Phrase>} Words */
/** Phrases that one page alone says. @typedef {{en: Words, others: Record<string, () => Promise<{default: Words}>>}} More */

/** @typedef {Record<string, () => Promise<{default: Words}>>} Files by language */
/** Besides English, which is always there. @type {Files} */
const LANGUAGES = { de: () => import('./de.js') };
/** What is read later, or by some. @type {{tour: Files, check: Files, agent: Files}} */
const LATER = {
  tour: { en: () => import('./en_tour.js'), de: () => import('./de_tour.js') },
  check: { en: () => import('./en_check.js'), de: () => import('./de_check.js') },
  agent: { en: () => import('./en_agent.js'), de: () => import('./de_agent.js') },
};

/** @type {Words} */
let english = en;
/** @type {Words} */
let words = en;
let language = 'en';
let plurals = new Intl.PluralRules(language);

/**
 * Takes the first of the reader's languages that there is. Where its file cannot be had, English.
 * @param {readonly string[]} wanted as `navigator.languages` @param {More} [more]
 */
export async function speak(wanted = navigator.languages, more) {
  english = words = { ...en, ...more?.en };
  const known = wanted.map((w) => w.toLowerCase().split('-')[0]).find((w) => w === 'en' || Object.hasOwn(LANGUAGES, w));
  if (known && known !== 'en') {
    try {
      const [common, own] = await Promise.all([LANGUAGES[known](), more?.others[known]?.()]);
      words = { ...common.default, ...own?.default };
      language = known;
      plurals = new Intl.PluralRules(language);
    } catch {
      // The page works in English all the same.
    }
  }
  document.documentElement.lang = language;
}

/** Before any of it is said: what is read in a tour, of a connection that was tried out, or by hosts only.
 *  @param {keyof typeof LATER} what */
export async function speakOf(what) {
  const { default: more } = await LATER[what][language]();
  words = { ...words, ...more }; // what they are now: another may have come meanwhile
}

export const speakAsAgent = () => speakOf('agent');

/** Of dates and figures, too. */
export const spoken = () => language;

/**
 * A phrase with what goes into it: `t('waits', {name})` of "{name} waits to be let in". `n` chooses between one and
 * many.
 * @param {Key} key @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const phrase = words[key] ?? english[key] ?? key;
  const text = typeof phrase === 'string' ? phrase
    : phrase[plurals.select(Number(values.n)) === 'one' ? 'one' : 'other'];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A phrase for a code, if there is one: `told('ended', code)` of "ended.CODE". @param {string} group @param {string} code */
export function told(group, code) {
  const key = `${group}.${code}`;
  return Object.hasOwn(words, key) || Object.hasOwn(english, key) ? t(/** @type {Key} */ (key)) : null;
}
