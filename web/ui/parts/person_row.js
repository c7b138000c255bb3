// A person in a list: who, how they are heard and seen, and what a host may do.

import { html, nothing } from 'lit';
import { t } from '../words/words.js';
import { avatar } from './avatar.js';
import { icon } from './icon.js';

/** @typedef {import('../../lib/types.js').Participant} Participant */

/** @param {Participant} person @param {boolean} me */
function nameOf(person, me) {
  const name = person.device ? t('people.device', { name: person.name, n: person.device }) : person.name;
  return me ? t('name_you', { name }) : name;
}

/** @param {Participant} person @param {import('../../lib/types.js').Quality} [quality] */
function stateOf(person, quality) {
  if (person.link === 'lost') {
    return t('people.lost');
  }
  const role = person.host ? t('people.host') : person.role === 'ops' ? t('people.watching') : '';
  return [role, quality === 'fair' || quality === 'poor' ? t(`quality.${quality}`) : ''].filter(Boolean).join(' · ');
}

/**
 * @param {object} p
 * @param {Participant} p.person
 * @param {boolean} [p.me]
 * @param {boolean} [p.speaking]
 * @param {import('../../lib/types.js').Quality} [p.quality]
 * @param {any} [p.menu] what may be done, at the end of the row
 */
export function personRow({ person, me = false, speaking = false, quality, menu }) {
  const on = (/** @type {import('../../lib/types.js').SourceKind} */ kind) => person.sources?.[kind] === 'on';
  const heard = on('microphone');
  const state = stateOf(person, quality);
  const brief = state && !person.host && person.role !== 'ops'; // it comes and goes
  return html`<li class="person ${speaking ? 'speaking' : ''} ${brief ? 'brief' : ''}" data-participant=${person.id}>
    ${avatar(person.name)}
    <span class="who-is"><span class="name">${nameOf(person, me)}</span>
      ${state ? html`<span class="meta soft ${brief ? 'one-line' : ''}">${state}</span>` : nothing}</span>
    <span class="marks">
      ${person.hand ? icon('hand', t('tile.hand')) : nothing}
      ${quality === 'fair' || quality === 'poor' ? icon(quality) : nothing}
      ${on('screen') ? icon('screen', t('people.sharing')) : nothing}
      ${on('camera') ? icon('camera', t('people.camera_on')) : nothing}
      ${icon(speaking ? 'sound' : heard ? 'microphone' : 'microphone-off',
        speaking ? t('tile.speaking') : heard ? t('people.microphone_on') : t('people.microphone_off'))}
    </span>
    ${menu ?? nothing}
  </li>`;
}
