// What is known of a recording's being whole: how it ended, and what the check of all of it has found, in words. The
// server's own sentences are for programs.

import { html, nothing } from 'lit';
import { banner } from '../parts/banner.js';
import { icon } from '../parts/icon.js';
import { clock, timeOfDay, when } from '../words/format.js';
import { t, told } from '../words/words.js';

/** @typedef {import('./recordings_api.js').Recording} Recording */
/** @typedef {import('./recordings_api.js').Verification} Verification */
/** @typedef {import('./recordings_api.js').Finding} Finding */
/** @typedef {(f: Finding) => {track: string, at: number}} Place the name of a track, and when [s]; -1: it is not known */

/** Without reading all of it again. @param {Recording} r */
function ending(r) {
  switch (r.state) {
    case 'damaged': return banner({ kind: 'need', text: r.damage === 'keys' ? t('proof.no_keys') : t('proof.damaged', { what: r.damage ?? '' }) });
    case 'recording': return r.failing ? banner({ kind: 'need', text: t('proof.failing') }) : banner({ text: t('proof.recording') });
    case 'interrupted': return banner({ text: t('proof.interrupted') });
    case 'shredded': return banner({ text: t('recording.shredded') });
    default: return banner({ kind: 'good', text: t('proof.sound') });
  }
}

/** @param {string} at */
function lately(at) {
  return new Date(at).toDateString() === new Date().toDateString() ? t('check_all.today', { time: timeOfDay(at) }) : when(at);
}

/** @param {Finding} f @param {Place} placeOf */
function placeWords(f, placeOf) {
  if (f.kind !== 'media') {
    return told('check_all_place', f.kind ?? (f.object ? 'file' : 'recording')) ?? f.object;
  }
  const { track, at } = placeOf(f);
  return at < 0 ? t('check_all.piece', { track, n: (f.segment ?? 0) + 1 }) : t('check_all.moment', { track, time: clock(at) });
}

/** @param {Finding} f @param {Place} placeOf */
const row = (f, placeOf) => html`<li data-problem=${f.problem}><span><bdi>${placeWords(f, placeOf)}</bdi>:
  ${told('check_all_found', f.problem) ?? t('check_all_found.other')}</span>${f.object ? html`<code>${f.object}</code>` : nothing}</li>`;

/** @param {Verification} v @param {Place} placeOf */
function damage(v, placeOf) {
  const found = v.findings.filter((f) => f.problem !== 'earlier_key');
  return html`${banner({ kind: 'need', text: t('check_all.damaged', { when: lately(v.ended ?? '') }) })}
    <ul class="findings">${found.map((f) => row(f, placeOf))}</ul>
    ${v.findings_left_out > 0 ? html`<p class="soft">${t('check_all.more', { n: v.findings_left_out })}</p>` : nothing}`;
}

/** @param {Verification|null} v */
export const isChecking = (v) => v?.state === 'waiting' || v?.state === 'running';

/** What the last check said, or how the recording ended. @param {Recording} r @param {Verification|null} v @param {Place} placeOf */
function verdict(r, v, placeOf) {
  if (v?.state === 'failed') {
    return html`${ending(r)}${banner({ kind: 'need', text: told('check_all_failed', v.error ?? '') ?? t('check_all_failed.other') })}`;
  }
  if (v?.state !== 'done' || v.result === 'shredded') {
    return ending(r);
  }
  if (v.result === 'damaged') {
    return damage(v, placeOf);
  }
  const good = banner({ kind: 'good', text: t(v.opened ? 'check_all.ok' : 'check_all.ok_sealed', { when: lately(v.ended ?? '') }) });
  return ['complete', 'waiting_for_store'].includes(r.state) ? good : html`${ending(r)}${good}`;
}

/** @param {Verification} v */
function progress(v) {
  const percent = Math.floor(v.permille / 10);
  return html`<div class="checking"><progress max="100" value=${percent} aria-label=${t('check_all.progress')}></progress>
    <span class="second soft figures">${v.state === 'waiting' ? t('check_all.waiting') : t('check_all.running', { percent })}</span></div>`;
}

/**
 * @param {object} c
 * @param {Recording} c.recording
 * @param {Verification|null} c.check null: nothing is known of one
 * @param {Place} c.placeOf
 * @param {string} [c.problem] the last thing that did not work
 * @param {boolean} [c.ordering]
 * @param {() => void} c.order
 */
export function proofCheck({ recording, check, placeOf, problem = '', ordering = false, order }) {
  const never = !check || check.state === 'none';
  return html`<div class="proof-check" data-state=${check?.state ?? 'none'} data-result=${check?.result ?? nothing}>
    ${verdict(recording, check, placeOf)}
    ${problem ? banner({ kind: 'need', text: problem }) : nothing}
    ${isChecking(check) ? progress(/** @type {Verification} */ (check)) : nothing}
    ${['recording', 'shredded'].includes(recording.state) || isChecking(check) ? nothing : html`<div class="row">
      <button type="button" data-control="check-all" ?disabled=${ordering} @click=${order}>${icon('proof')} ${t(never ? 'check_all.order' : 'check_all.again')}</button>
      ${never ? html`<span class="second soft">${t('check_all.never')}</span>` : nothing}</div>`}</div>`;
}
