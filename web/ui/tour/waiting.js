// Before one is in: the tour has not begun, or a host has to let us in. The house, what is waited for, and time to try
// out sound and picture.

import { html, nothing } from 'lit';
import { isLost, OrielError } from '../../lib/errors.js';
import { banner } from '../parts/banner.js';
import { notice } from '../parts/notice.js';
import { contact, hostOf, isHosted, propertyCard } from '../parts/property_card.js';
import { when } from '../words/format.js';
import { t } from '../words/words.js';
import { codeOf } from './problems.js';
import './countdown.js';
import './devices.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').Tour} Tour */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/** @typedef {{tour: Tour|null, lost: boolean, long?: boolean}} Waiting lost: the connection is; long: it takes longer than one should believe */

const LOOK_MS = 3000; // between looks while the agent has not opened the tour
const LONG_MS = 60000;
const NOT_YET = ['tour_unknown', 'tour_not_started'];
const CLOSED = ['tour_locked', 'removed', 'tour_ended', 'token_revoked'];

/** The door is closed to us, and the form would not open it. @param {string} code */
export const isClosed = (code) => CLOSED.includes(code);

/** There is no tour to join, and there may be one later. @param {string} code */
export const isNotYet = (code) => NOT_YET.includes(code);

/** Before its time guests come in through the lobby, or once a host is there. @param {Welcome} welcome */
const isEarly = ({ tour, you }) => tour.state === 'scheduled' && !tour.lobby && you.role !== 'agent';

/** @param {unknown} error */
const isAway = (error) => isLost(error) || codeOf(error) === 'unreachable';

/**
 * Looks until there is a tour to join. Rejects when that will never be, and when it cannot be reached at first; a
 * connection that is lost later is tried again.
 * @param {OrielClient} client @param {string} token
 * @param {(waiting: Waiting) => boolean} early it is too early, and we wait; false: nobody waits any more
 * @returns {Promise<Welcome|null>} null where nobody waits any more
 */
export async function waitUntilOpen(client, token, early) {
  if (!token) {
    throw new OrielError('token_missing', 'A token is needed.');
  }
  /** @type {Waiting|null} */
  let waiting = null;
  for (const began = performance.now(); ;) {
    try {
      const welcome = await client.look();
      if (!isEarly(welcome)) {
        return welcome;
      }
      waiting = { tour: welcome.tour, lost: false };
    } catch (error) {
      const known = isNotYet(codeOf(error));
      if (!known && !(waiting && isAway(error))) {
        throw error;
      }
      waiting = { tour: waiting?.tour ?? null, lost: !known };
    }
    if (!early({ ...waiting, long: performance.now() - began > LONG_MS })) {
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** @param {import('./devices.js').OwnTracks} tracks */
const soundCheck = (tracks) => html`<details class="sound-check"><summary class="button">${t('waiting.check')}</summary>
  <oriel-devices .tracks=${tracks}></oriel-devices></details>`;

/** @param {Tour|null} tour @param {any} card @param {any} content */
const doorway = (tour, card, content) => html`<div class="doorway ${tour ? '' : 'unknown'}">${tour ? card : nothing}
  <div class="door">${content}</div></div>`;

/** @param {boolean} lost */
const lostBanner = (lost) => (lost ? banner({ kind: 'lost', text: t('waiting.lost') }) : nothing);

/** @param {Waiting} waiting @param {import('./devices.js').OwnTracks} tracks */
export function earlyScreen({ tour, lost, long }, tracks) {
  const at = tour?.starts_at;
  const text = at ? t('prejoin.early.at', { when: when(at) }) : t(long && !tour ? 'prejoin.early.long' : 'prejoin.early.soon');
  return doorway(tour, propertyCard({ tour, waits: true }), notice({ title: t('prejoin.early.title'), busy: !at, icon: 'clock', text,
    more: html`${at ? html`<oriel-countdown .at=${at}></oriel-countdown>` : nothing}
      ${lostBanner(lost)}${soundCheck(tracks)}${contact(tour)}` }));
}

/** @param {{tour: Tour, lost: boolean}} waiting @param {import('./devices.js').OwnTracks} tracks @param {() => void} leave */
export function lobbyScreen({ tour, lost }, tracks, leave) {
  const here = isHosted(tour);
  const name = hostOf(tour) || t('a_host');
  return doorway(tour, propertyCard({ tour, waits: true }), notice({ title: t('lobby.title', { name }), busy: true,
    text: here ? t('lobby.here') : t('lobby.away', { name }),
    more: html`${!here && tour.starts_at ? html`<oriel-countdown .at=${tour.starts_at}></oriel-countdown>` : nothing}
      ${lostBanner(lost)}${soundCheck(tracks)}`,
    other: { label: t('lobby.leave'), run: leave } }));
}
