// The buttons of a host: five where the thumb is, or all of them where there is room.

import { html, nothing } from 'lit';
import { controlButton } from '../../parts/control_button.js';
import { t } from '../../words/words.js';
import { device, screen } from '../bar.js';
import { endTour } from './goodbye.js';
import { mayRecord, record } from './recording.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */
/** @typedef {import('../model.js').TourModel} TourModel */

/** @param {TourModel} model */
const flip = (model) => controlButton({ id: 'flip', label: t('agent.flip'), run: () => model.own.flip() });

/** @param {HostDesk} desk @param {'talk'|'rooms'} tab @param {string} icon @param {string} label @param {number} [badge] */
const opens = ({ live }, tab, icon, label, badge) => controlButton({ id: tab, icon, label, badge, expanded: live.shownTab === tab,
  run: () => live.toggle(tab) });

/** @param {HostDesk} desk @param {number} [badge] */
const more = ({ live }, badge) => controlButton({ id: 'more', label: t('bar.more'), badge, expanded: live.sheet === 'more',
  run: () => live.toggle('more') });

/** @param {TourModel} model */
function recordButton(model) {
  const on = model.recording !== 'off';
  return controlButton({ id: 'record', icon: 'record', label: t(on ? 'bar.record_stop' : 'bar.record'), pressed: on,
    run: () => record(model, !on) });
}

/** @param {HostDesk} desk */
function phoneBar(desk) {
  const { own } = desk.model;
  return html`<nav class="controls five" aria-label=${t('tour.controls')}><div>
    ${device(desk.model, 'microphone')}
    ${own.tracks.camera && own.canFlip ? flip(desk.model) : device(desk.model, 'camera')}
    ${opens(desk, 'rooms', 'rooms', t('agent.room'))}
    ${opens(desk, 'talk', 'question', t('agent.questions'), desk.openQuestions.length + desk.unreadChat)}
    ${more(desk)}</div></nav>`;
}

/** @param {HostDesk} desk */
function wideBar(desk) {
  const { model, pointing } = desk;
  const { own } = model;
  return html`<nav class="controls all" aria-label=${t('tour.controls')}>
    <div class="me">${device(model, 'microphone')}${device(model, 'camera')}
      ${own.canFlip ? flip(model) : nothing}${own.canShareScreen ? screen(model) : nothing}</div>
    <div class="room">
      ${mayRecord(model) ? recordButton(model) : nothing}
      ${controlButton({ id: 'point', icon: 'pointer', label: t('agent.point'), pressed: pointing, kind: 'live', run: () => desk.point(!pointing) })}
      ${opens(desk, 'rooms', 'rooms', t('agent.rooms'))}
      ${opens(desk, 'talk', 'question', t('agent.questions'), desk.openQuestions.length + desk.unreadChat)}
      ${more(desk)}</div>
    <div class="out">${controlButton({ id: 'leave', label: t('bar.leave'), run: () => desk.leave() })}
      ${controlButton({ id: 'end', icon: 'stop', label: t('bar.end'), kind: 'end', run: () => endTour(model) })}</div>
  </nav>`;
}

/** @param {HostDesk} desk */
export const hostBar = (desk) => (desk.wide ? wideBar(desk) : phoneBar(desk));
