// What is on the screen of a tour's page in each of its states.

import { html } from 'lit';
import { notice } from '../parts/notice.js';
import { t } from '../words/words.js';
import { endScreen } from './ends.js';
import { problemScreen } from './link_problem.js';
import { earlyScreen, lobbyScreen } from './waiting.js';
import './prejoin.js';

/** @typedef {import('./tour.js').OrielTour} OrielTour */
/** @typedef {import('../../lib/devices.js').DeviceKind} DeviceKind */
/** @typedef {import('../../lib/types.js').Tour} Tour */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */

/**
 * @typedef {{at: 'connecting'} | {at: 'problem', error: unknown} | {at: 'early', waiting: import('./waiting.js').Waiting}
 *   | {at: 'prejoin', welcome: Welcome, failed: {text: string}|null} | {at: 'lobby', tour: Tour, lost: boolean} | {at: 'live'}
 *   | {at: 'ended', code: string}} Screen
 */

/** @param {OrielTour} page */
export function drawScreen(page) {
  const { screen, welcome, tracks } = page;
  const again = () => page.start();
  switch (screen.at) {
    case 'problem':
      return problemScreen(screen.error, again, !page.wholePage);
    case 'early':
      return earlyScreen(screen.waiting, tracks);
    case 'prejoin':
      return html`<oriel-prejoin .welcome=${screen.welcome} .failed=${screen.failed} .tracks=${tracks} .link=${page.address()}
        .late=${(/** @type {DeviceKind} */ kind, /** @type {MediaStreamTrack} */ track) => page.late(kind, track)}
        @join=${(/** @type {CustomEvent} */ e) => page.join(e.detail)}></oriel-prejoin>`;
    case 'lobby':
      return lobbyScreen(screen, tracks, () => page.client?.leave());
    case 'live':
      return html`<oriel-live .model=${page.model}></oriel-live>`;
    case 'ended':
      return endScreen({ code: screen.code, tour: page.client?.tour ?? welcome?.tour ?? null,
        hosts: welcome?.you.role === 'agent', recorded: page.recorded }, again);
    default:
      return notice({ title: t('prejoin.connecting'), busy: true });
  }
}
