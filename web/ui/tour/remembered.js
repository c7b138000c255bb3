// What this browser keeps for the next time: the name one gave, and, until it is closed, what one has agreed to.
// Where it keeps nothing, as in some private windows, one is asked again.

const NAME = 'oriel.name';
const CONSENT = 'oriel.consent';

/** @param {() => Storage} storage @param {string} key @returns {string} */
function read(storage, key) {
  try {
    return storage().getItem(key) ?? '';
  } catch {
    return '';
  }
}

/** @param {() => Storage} storage @param {string} key @param {string} value */
function write(storage, key, value) {
  try {
    storage().setItem(key, value);
  } catch {
    // It is asked for again.
  }
}

export const rememberedName = () => read(() => localStorage, NAME);

/** @param {string} name */
export const rememberName = (name) => write(() => localStorage, NAME, name);

/** By whom, in which tour, to which text: another text is asked for again. @param {import('../../lib/types.js').Welcome} welcome */
const agreement = ({ you, tour, consent }) => JSON.stringify([you.sub, tour.name, consent.version, consent.text]);

/** @param {import('../../lib/types.js').Welcome} welcome */
const keyOf = ({ tour }) => `${CONSENT}.${tour.name}`;

/** @param {import('../../lib/types.js').Welcome} welcome */
export const hasAgreed = (welcome) => read(() => sessionStorage, keyOf(welcome)) === agreement(welcome);

/** Given, or taken back. @param {import('../../lib/types.js').Welcome} welcome @param {boolean} agreed */
export const rememberConsent = (welcome, agreed) => write(() => sessionStorage, keyOf(welcome), agreed ? agreement(welcome) : '');
