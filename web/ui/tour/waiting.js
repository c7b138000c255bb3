// Before one is in: the tour has not begun, or a host has to let us in.

import { OrielError } from '../../lib/errors.js';
import { notice } from '../parts/notice.js';
import { when } from '../words/format.js';
import { t } from '../words/words.js';
import { codeOf } from './problems.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').Tour} Tour */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */

const LOOK_MS = 3000; // between looks while the agent has not opened the tour
const NOT_YET = ['tour_unknown', 'tour_not_started'];
const CLOSED = ['tour_locked', 'removed', 'tour_ended', 'token_revoked'];

/** The door is closed to us, and the form would not open it. @param {string} code */
export const isClosed = (code) => CLOSED.includes(code);

/** Before its time guests come in through the lobby, or once a host is there. @param {Welcome} welcome */
const isEarly = ({ tour, you }) => tour.state === 'scheduled' && !tour.lobby && you.role !== 'agent';

/**
 * Looks until there is a tour to join. Rejects when that will never be.
 * @param {OrielClient} client @param {string} token @param {(tour: Tour|null) => void} early it is too early, and we wait
 * @returns {Promise<Welcome>}
 */
export async function waitUntilOpen(client, token, early) {
  if (!token) {
    throw new OrielError('token_missing', 'A token is needed.');
  }
  for (;;) {
    try {
      const welcome = await client.look();
      if (!isEarly(welcome)) {
        return welcome;
      }
      early(welcome.tour);
    } catch (error) {
      if (!NOT_YET.includes(codeOf(error))) {
        throw error;
      }
      early(null);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** @param {Tour|null} tour */
export const earlyScreen = (tour) => notice({ title: t('prejoin.early.title'), busy: true,
  text: tour?.starts_at ? t('prejoin.early.at', { when: when(tour.starts_at) }) : t('prejoin.early.soon') });

/** @param {Tour} tour @param {() => void} leave */
export const lobbyScreen = (tour, leave) => notice({ title: t('lobby.title'), busy: true,
  text: tour.state === 'live' ? t('lobby.here') : t('lobby.away'), other: { label: t('lobby.leave'), run: leave } });
