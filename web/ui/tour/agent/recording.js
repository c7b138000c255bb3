// Record, pause, stop, and how that stands, in words.

import { html, nothing } from 'lit';
import { banner } from '../../parts/banner.js';
import { menuItem } from '../../parts/menu_item.js';
import { clock } from '../../words/format.js';
import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */

/** @param {TourModel} model */
export const mayRecord = (model) => model.tour?.record !== 'off';

/** @param {TourModel} model @param {boolean} on @param {boolean} [paused] */
export const record = (model, on, paused = false) => model.attempt(() => model.client.record(on, paused));

/** How it stands, with the time since it began if this page has seen that. @param {TourModel} model */
function standing({ recording, recordedFor }) {
  if (recording === 'failing') {
    return t('agent.rec.not_saved');
  }
  if (recording === 'paused') {
    return t('agent.rec.is_paused');
  }
  return recordedFor === null ? t('agent.rec.running') : t('agent.rec.runs', { time: clock(recordedFor) });
}

/** What the menu has about it. @param {TourModel} model */
export function recordItems(model) {
  const { recording } = model;
  if (!mayRecord(model)) {
    return html`<p class="second soft">${t('agent.rec.never')}</p>`;
  }
  if (recording === 'off') {
    return menuItem({ id: 'record', icon: 'record', label: t('agent.rec.start'), hint: t('agent.rec.consent'), run: () => record(model, true) });
  }
  const paused = recording === 'paused';
  return html`${menuItem({ id: paused ? 'resume' : 'pause', icon: paused ? 'record' : 'pause',
      label: t(paused ? 'agent.rec.resume' : 'agent.rec.pause'), hint: standing(model),
      run: () => record(model, true, !paused) })}
    ${menuItem({ id: 'stop', icon: 'stop', label: t('agent.rec.stop'), run: () => record(model, false) })}`;
}

/** @param {TourModel} model */
export const recordingTrouble = (model) => (model.recording === 'failing'
  ? banner({ kind: 'need', text: t('agent.rec.failing') }) : nothing);
