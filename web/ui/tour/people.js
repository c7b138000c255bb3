// Who is here and who waits, in a panel.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../parts/icon.js';
import { personRow } from '../parts/person_row.js';
import { t } from '../words/words.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('../../lib/types.js').Participant} Participant */

/** @param {TourModel} model @param {Participant} person */
const waitingRow = (model, person) => html`<li class="person" data-waiting=${person.id}>
  <span class="name">${person.name}</span>
  ${person.link === 'lost' ? html`<span class="meta soft">${t('people.lost')}</span>` : nothing}
  <button type="button" data-admit=${person.id} @click=${() => model.attempt(() => model.client.admit([person.id]))}>${t('people.admit')}</button>
  <button type="button" class="quiet" data-remove=${person.id} aria-label=${t('people.refuse', { name: person.name })}
    @click=${() => model.attempt(() => model.client.remove(person.id))}>${icon('close')}</button>
</li>`;

/** Who waits to be let in, for hosts. @param {TourModel} model */
export const waitingList = (model) => (model.waiting.length === 0 ? nothing : html`<section class="waiting">
  <h2>${t('people.waiting', { n: model.waiting.length })}</h2>
  <ul>${repeat(model.waiting, (p) => p.id, (p) => waitingRow(model, p))}</ul>
  ${model.waiting.length > 1 ? html`<button type="button" class="wide" data-admit="all"
    @click=${() => model.attempt(() => model.client.admit())}>${t('people.admit_all')}</button>` : nothing}
</section>`);

/** @param {TourModel} model */
export const peoplePanel = (model) => html`<ul class="people">${repeat(model.people, (p) => p.id, (p) => personRow({ person: p,
  me: p.id === model.me?.id, speaking: p.id === model.speaker }))}</ul>`;
