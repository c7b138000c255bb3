// What is on the stage when there is no picture: who is here, what is the matter, and what comes next. Never nothing.

import { html, nothing } from 'lit';
import { avatar } from '../parts/avatar.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */

/** @param {TourModel} model @returns {{name: string, title: string, text: string}} */
function situation(model) {
  const { lead, tour } = model;
  if (!lead) {
    const name = tour?.missed ?? '';
    return name ? { name, title: t('tour.away', { name }), text: t('away.waits') }
      : { name: '', title: t('away.not_here'), text: t('away.waits') };
  }
  const { name } = lead;
  if (lead.id === model.me?.id) {
    return { name, title: t('away.own'), text: t('away.own_text') };
  }
  if (lead.link === 'lost') {
    return { name, title: t('away.lost', { name }), text: t('away.lost_text') };
  }
  const heard = lead.sources?.microphone === 'on';
  return { name, title: t('away.camera_off', { name }), text: heard ? t('away.heard') : t('away.silent', { name }) };
}

/** Whoever leads cannot be seen nor heard, whatever else there is to see. @param {TourModel} model */
export function awayWords(model) {
  const guest = model.stage?.participant && !model.person(model.stage.participant)?.host;
  return guest && (!model.lead || model.lead.link === 'lost') ? situation(model).title : '';
}

/** @param {TourModel} model */
export function awayScreen(model) {
  if (model.link === 'connecting') {
    return html`<div class="away" role="status" tabindex="0"><div class="spinner"></div><p class="soft">${t('tour.connecting')}</p></div>`;
  }
  if (model.link !== 'live') { // what we know of the others is old
    return nothing;
  }
  const { name, title, text } = situation(model);
  return html`<div class="away" role="status" tabindex="0">${name ? avatar(name, 'large') : nothing}<h2>${title}</h2><p class="soft">${text}</p></div>`;
}
