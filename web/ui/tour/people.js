// Who is here, in a panel.

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { personRow } from '../parts/person_row.js';

/** @typedef {import('./model.js').TourModel} TourModel */

/** @param {TourModel} model */
export const peoplePanel = (model) => html`<ul class="people">${repeat(model.people, (p) => p.id, (p) => personRow({ person: p,
  me: p.id === model.me?.id, speaking: p.id === model.speaker }))}</ul>`;
