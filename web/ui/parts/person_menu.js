// What a host may do with one person, by how that person stands.

import { html, nothing } from 'lit';
import { t } from '../words/words.js';
import { menuItem } from './menu_item.js';

/** @typedef {import('../../lib/types.js').Participant} Participant */
/** @typedef {import('../../lib/types.js').Capabilities} Capabilities */
/**
 * @typedef {'spotlight'|'no_spotlight'|'mute'|'stop_camera'|'stop_screen'|'lower_hand'|'co_host'|'no_host'|'hand_over'|'remove'} Act
 */

const SENDS = ['send', 'both'];

/** @param {Participant} person @param {{me: boolean, own: boolean, spotlit: boolean, leads: boolean}} how @returns {[Act, string][]} */
function acts(person, { me, own, spotlit, leads }) {
  const on = (/** @type {import('../../lib/types.js').SourceKind} */ kind) => person.sources?.[kind] === 'on';
  /** @type {[Act, string, boolean][]} with its icon, and whether it makes sense now */
  const all = [
    ['no_spotlight', 'spotlight', spotlit],
    ['spotlight', 'spotlight', !spotlit && person.role !== 'ops'],
    ['lower_hand', 'hand', Boolean(person.hand)],
    ['mute', 'microphone-off', !me && on('microphone')],
    ['stop_camera', 'camera-off', !me && on('camera')],
    ['stop_screen', 'screen-off', !me && on('screen')],
    ['hand_over', 'lead', !me && !leads && person.role !== 'ops'],
    ['co_host', 'person', !me && !own && !person.host && person.role !== 'ops'],
    ['no_host', 'refuse', !me && !own && person.host],
    ['remove', 'leave', !me && !own],
  ];
  return all.filter(([, , sense]) => sense).map(([act, sign]) => [act, sign]);
}

/** @param {Capabilities} can @param {(can: Partial<Capabilities>) => void} allow */
function rights(can, allow) {
  /** @type {['audio'|'camera'|'screen', string][]} */
  const sources = [['audio', 'microphone'], ['camera', 'camera'], ['screen', 'screen']];
  return html`<div class="menu" role="group" aria-label=${t('person.may')}>
    <p class="second soft">${t('person.may')}</p>
    ${sources.map(([member, sign]) => {
      const on = SENDS.includes(can[member]);
      return menuItem({ id: `may_${member}`, icon: sign, label: t(`person.may.${member}`), on,
        run: () => allow({ [member]: on ? 'receive' : 'both' }) });
    })}
    ${menuItem({ id: 'may_chat', icon: 'chat', label: t('person.may.chat'), on: can.chat, run: () => allow({ chat: !can.chat }) })}
  </div>`;
}

/**
 * @param {object} p
 * @param {Participant} p.person
 * @param {Capabilities} p.can what that person may now
 * @param {boolean} [p.me]
 * @param {boolean} [p.own] another device of one's own: who removes it removes himself
 * @param {boolean} [p.spotlit] is on everybody's stage
 * @param {boolean} [p.leads]
 * @param {(act: Act) => void} p.run
 * @param {(can: Partial<Capabilities>) => void} p.allow
 */
export function personMenu({ person, can, me = false, own = false, spotlit = false, leads = false, run, allow }) {
  return html`<div class="menu">${acts(person, { me, own, spotlit, leads }).map(([act, sign]) => menuItem({ id: act, icon: sign,
      label: t(own && act === 'hand_over' ? 'person.lead_here' : `person.${act}`), kind: act === 'remove' ? 'danger' : undefined, run: () => run(act) }))}</div>
    ${me || own || person.host || person.role === 'ops' ? nothing : rights(can, allow)}`;
}
