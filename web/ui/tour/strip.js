// The others, in a row: their pictures, or their initials. Oneself is the first. Each keeps the place in which this
// page saw him first; tiles are moved by script (live.js), so that nobody's coming or going shifts what one looks at.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { facesUser } from './facing.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('./main_picture.js').Picture} Picture */
/** @typedef {{id: string, slot: import('../../lib/types.js').Slot|null}} Other */

const FACES = 12; // without a picture, at most; the panel has all

/** By whom this page saw first. @type {WeakMap<TourModel, Map<string, number>>} */
const seen = new WeakMap();

/** @param {TourModel} model @param {Picture} main @returns {{others: Other[], beyond: number}} */
export function othersOf(model, main) {
  const order = seen.get(model) ?? new Map();
  seen.set(model, order);
  const slots = main.own && model.stage?.participant ? [model.stage, ...model.gallery] : model.gallery;
  const pictured = slots.filter((slot) => slot.participant && slot.participant !== main.participant);
  const known = new Set([model.me?.id, main.participant, main.participant ? null : model.lead?.id, ...pictured.map((s) => s.participant)]);
  const faces = model.people.filter((p) => !known.has(p.id) && p.role !== 'ops');
  const others = [...pictured.map((slot) => ({ id: slot.participant ?? '', slot })),
    ...faces.slice(0, FACES).map((p) => ({ id: p.id, slot: null }))];
  for (const { id } of others) {
    order.set(id, order.get(id) ?? order.size);
  }
  return { others: others.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0)), beyond: Math.max(0, faces.length - FACES) };
}

/** @param {TourModel} model @param {Picture} main */
function selfTile(model, main) {
  const camera = main.own && main.source === 'camera' ? null : model.own.tracks.camera;
  return html`<oriel-tile class="self" .track=${camera} .name=${model.me?.name ?? ''} .label=${t('you')} .mirrored=${facesUser(camera)}
    .hand=${model.handIsUp} .muted=${!model.own.tracks.microphone} .speaking=${model.speaker !== null && model.speaker === model.me?.id}></oriel-tile>`;
}

/** @param {TourModel} model @param {Picture} main */
export function strip(model, main) {
  const { others, beyond } = othersOf(model, main);
  return html`<div class="others" role="group" tabindex="0" aria-label=${t('tour.others')}><div class="row">
    ${model.client.observes ? nothing : selfTile(model, main)}
    ${repeat(others, ({ id }) => id, ({ id, slot }) => {
      const person = model.person(id);
      return html`<oriel-tile data-person=${id} .track=${slot?.track ?? null} .name=${person?.name ?? ''} .paused=${Boolean(slot?.paused)}
        .speaking=${id === model.speaker} .hand=${Boolean(person?.hand)} .muted=${person?.sources?.microphone !== 'on'}></oriel-tile>`;
    })}
    ${beyond > 0 ? html`<span class="beyond">${t('tour.beyond', { n: beyond })}</span>` : nothing}</div></div>`;
}

/** Each where it belongs, after it was drawn. @param {ParentNode} frame */
export function placeTiles(frame) {
  const row = /** @type {HTMLElement|null} */ (frame.querySelector('.others .row'));
  [...row?.children ?? []].forEach((tile, n) => /** @type {HTMLElement} */ (tile).style.setProperty('--n', String(n)));
  row?.style.setProperty('--tiles', String(row.children.length));
}
