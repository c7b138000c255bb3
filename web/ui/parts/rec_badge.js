// Whether what is said now is kept: running, paused, or in danger. Nothing where nothing is recorded.

import { html, nothing } from 'lit';
import { icon } from './icon.js';
import { t } from '../words/words.js';
import './running_time.js';

/**
 * @param {import('../../lib/types.js').RecordingState} state
 * @param {number|null} [since] when it began, if known [ms, as Date.now]
 * @param {boolean} [short] where there is little room: REC, as cameras say it, and one word for the others
 */
export function recBadge(state, since = null, short = false) {
  if (state === 'off') {
    return nothing;
  }
  // Not read aloud each second: it is in a line that tells its changes.
  const time = since === null ? nothing : html`<oriel-running-time class="figures" aria-hidden="true" .since=${since}></oriel-running-time>`;
  const word = { on: t('rec.on'), paused: t('rec.paused'), failing: t('rec.failing') }[state];
  const seen = short ? { on: t('rec.short'), paused: t('rec.paused_short'), failing: t('rec.failing_short') }[state] : word;
  return html`<span class="rec ${state}" data-recording=${state}>
    ${state === 'failing' ? icon('warning') : state === 'paused' ? icon('pause') : html`<span class="dot"></span>`}
    ${seen === word ? html`<span>${word}</span>` : html`<span aria-hidden="true">${seen}</span><span class="visually-hidden">${word}</span>`}
    ${state === 'on' ? time : nothing}</span>`;
}
