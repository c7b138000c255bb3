// What a host is asked, or looks at, over everything else.

import { html } from 'lit';
import { t } from '../../words/words.js';
import { keysHelp } from './keys.js';
import { muteAll } from './mute_all.js';
import { menuOf } from './people.js';
import { openActions } from './questions.js';
import './invite.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {{label: string, content: any}} Shown */

/** @param {HostDesk} desk @param {string} id @returns {Shown|null} */
function person(desk, id) {
  const who = desk.model.person(id);
  return who && { label: who.name, content: menuOf(desk, who) };
}

/** @param {HostDesk} desk @param {string} id @returns {Shown|null} */
function question(desk, id) {
  const q = desk.openQuestions.find((one) => one.id === id);
  const later = () => {
    desk.later.add(id);
    desk.shut();
  };
  return q ? { label: t('agent.q.asks', { name: q.name }), content: html`<p class="text">${q.text}</p>
    ${openActions(desk, q, html`<button type="button" class="quiet" data-question-do="later" @click=${later}>${t('agent.q.later')}</button>`)}` } : null;
}

/** Nothing any more when who or what it is about has gone. @param {HostDesk} desk @returns {Shown|null} */
export function askedNow(desk) {
  const { asked, model } = desk;
  switch (asked.at) {
    case 'invite':
      return { label: t('agent.invite'), content: html`<oriel-invite .model=${model}></oriel-invite>` };
    case 'mute':
      return { label: t('agent.mute_all'), content: muteAll(desk) };
    case 'keys':
      return { label: t('agent.keys'), content: keysHelp(desk) };
    case 'person':
      return person(desk, asked.id);
    case 'question':
      return question(desk, asked.id);
    default:
      return null;
  }
}
