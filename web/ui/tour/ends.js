// The end of a tour for us: how it came, and the next step.

import { html, nothing } from 'lit';
import { notice } from '../parts/notice.js';
import { contact, propertyCard } from '../parts/property_card.js';
import { t, told } from '../words/words.js';

/** @typedef {import('../../lib/types.js').Tour} Tour */
/**
 * @typedef {object} End
 * @property {string} code
 * @property {Tour|null} tour
 * @property {boolean} [hosts] the person led it
 * @property {boolean} [recorded] something of it was
 */

const ICONS = /** @type {Record<string, string>} */ ({ tour_ended: 'check', draining: 'clock', left: 'leave', connection_lost: 'cut',
  tour_locked: 'lock', removed: 'lock', token_revoked: 'lock', token_expired: 'clock' });

/** Whom to ask, where asking is what helps. */
const ASK = ['tour_ended', 'draining', 'removed', 'tour_locked', 'token_revoked', 'token_expired', 'connection_lost'];

/** What becomes of a recording is for whoever led the tour. @param {End} end */
function textOf({ code, hosts, recorded }) {
  if (code === 'tour_ended' && hosts) {
    return t(recorded ? 'end.hosted.recorded' : 'end.hosted.text');
  }
  return told('end', `${code}.text`) ?? t('end.other.text');
}

/** @param {End} end @param {() => void} again */
export function endScreen(end, again) {
  const { code, tour } = end;
  const title = told('end', `${code}.title`);
  const label = title ? told('end', `${code}.again`) : t('end.other.again');
  return html`<div class="doorway ${tour ? '' : 'unknown'}">${tour ? propertyCard({ tour }) : nothing}
    <div class="door">${notice({
      icon: ICONS[code] ?? 'leave',
      title: title ?? t('end.other.title'),
      text: textOf(end),
      action: label ? { label, run: again } : undefined,
      below: ASK.includes(code) && !end.hosts ? contact(tour) : nothing,
    })}</div></div>`;
}
