// A recording in the list: what it shows, when and how long, who was there, how it stands.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { clock, when } from '../words/format.js';
import { t, told } from '../words/words.js';
import { namesOf } from './names.js';
import { hrefOf } from './place.js';

/** @typedef {import('./recordings_api.js').RecordingSummary} RecordingSummary */

/** @type {Record<string, string>} */
const SIGNS = { recording: 'record', complete: 'check', interrupted: 'info', damaged: 'warning', shredded: 'trash', waiting_for_store: 'clock',
  failing: 'warning' };

/** @param {RecordingSummary} r */
export function stateBadge(r) {
  const state = r.failing ? 'failing' : r.state;
  return html`<span class="state" data-state=${state in SIGNS ? state : 'other'}>${icon(SIGNS[state] ?? 'info')}
    ${told('state', state) ?? state}</span>`;
}

/** @param {RecordingSummary} r @param {{open: boolean, filters: import('./recordings_api.js').Filters, run: () => void}} how */
export function recordingRow(r, { open, filters, run }) {
  const press = (/** @type {MouseEvent} */ event) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) { // those open it elsewhere
      event.preventDefault();
      run();
    }
  };
  const names = namesOf(r.participants);
  return html`<li data-recording=${r.id}><a href=${hrefOf({ recording: r.id, t: -1, filters })} aria-current=${open ? 'true' : nothing} @click=${press}>
    <span class="address"><bdi>${r.title || r.tour}</bdi></span>
    <span class="second soft figures">${r.started ? when(r.started) : t('ops.unknown_time')} · ${clock(r.duration_ms / 1000)}</span>
    ${names ? html`<span class="second names"><bdi>${names}</bdi></span>` : nothing}
    ${stateBadge(r)}</a></li>`;
}
