// What the pages say, in one language: the build makes each page once for each of them (web/build.mjs, `inLanguage`), and
// in German "./en.js" is de.js. So a page has the words of its reader, whom the server knows by what the browser asks for,
// and no others. English is the one that the others are checked against.

import first from './en.js';

/** @typedef {keyof typeof first | keyof typeof import('./en_tour.js').default | keyof typeof import('./en_check.js').default
 *   | keyof typeof import('./en_landing.js').default | keyof typeof import('./en_ops.js').default
 *   | keyof typeof import('./en_agent.js').default} Key */
/** @typedef {string|{one: string, other: string}} Phrase where it depends on a count, `n` */
/** @typedef {Record<string, Phrase>} Words */

/** What is read later, or by some. @type {Record<'tour'|'check'|'agent', () => Promise<{default: Words}>>} */
const LATER = {
  tour: () => import('./en_tour.js'),
  check: () => import('./en_check.js'),
  agent: () => import('./en_agent.js'),
};

/** @type {Words} */
let words = first;
const language = first['language'];
const plurals = new Intl.PluralRules(language);

/** What one page alone says. @param {Words} more */
export function say(more) {
  words = { ...words, ...more };
}

/** Before any of it is said: what is read in a tour, of a connection that was tried out, or by hosts only.
 *  @param {keyof typeof LATER} what */
export async function speakOf(what) {
  say((await LATER[what]()).default);
}

export const speakAsAgent = () => speakOf('agent');

/** "en": the language of this page. */
export const spoken = () => language;

/**
 * A phrase with what goes into it: `t('waits', {name})` of "{name} waits to be let in". `n` chooses between one and
 * many.
 * @param {Key} key @param {Record<string, string|number>} [values]
 */
export function t(key, values = {}) {
  const phrase = words[key] ?? key;
  const text = typeof phrase === 'string' ? phrase
    : phrase[plurals.select(Number(values.n)) === 'one' ? 'one' : 'other'];
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A phrase for a code, if there is one: `told('ended', code)` of "ended.CODE". @param {string} group @param {string} code */
export function told(group, code) {
  const key = `${group}.${code}`;
  return Object.hasOwn(words, key) ? t(/** @type {Key} */ (key)) : null;
}
