// Who spoke when: for each person a line of time, as wide as the timeline that it belongs to.

import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { clock } from '../words/format.js';
import { t } from '../words/words.js';

/** @typedef {import('./timeline.js').Span} Span */
/** @typedef {{name: string, seconds: number, spans: Span[], faint: Span[]}} Lane `seconds`: spoken, for `spans` may be drawn as fewer
 *  than there are; `faint`: was there */

/** @param {{lanes: Lane[], length: number, now: number, open?: boolean}} p `length`, `now` [s] */
export function lanes({ lanes: all, length, now, open = true }) {
  const percent = (/** @type {number} */ s) => Math.min(100, Math.max(0, (s / length) * 100));
  const piece = (/** @type {Span} */ s, kind = '') => html`<i class=${kind}
    .style=${`left:${percent(s.start)}%;width:${Math.max(0.15, percent(s.end) - percent(s.start))}%`}></i>`;
  return all.length === 0 ? nothing : html`<details class="lanes" ?open=${open}><summary>${t('timeline.lanes')}</summary>
    <ul>${all.map((lane) => html`<li><span class="lane-name"><bdi>${lane.name}</bdi></span>
      <span class="meta soft figures">${t('timeline.spoke', { time: clock(lane.seconds) })}</span>
      <span class="lane" aria-hidden="true">${guard([lane.faint, lane.spans, length], () => html`${lane.faint.map((s) => piece(s, 'faint'))}${lane.spans.map((s) => piece(s))}`)}
        <i class="now" .style=${`left:${percent(now)}%`}></i></span></li>`)}</ul></details>`;
}
