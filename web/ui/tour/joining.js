// From the form into the tour, or back to the form with what is the matter.

import { OrielError } from '../../lib/oriel.js';
import { speakOf, t } from '../words/words.js';
import { codeOf, errorWords } from './problems.js';
import { isClosed, isNotYet } from './waiting.js';

/** @typedef {import('./tour.js').OrielTour} OrielTour */
/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/** @typedef {import('./prejoin.js').Choice} Choice */

/** The tour itself, and its words. */
export async function loadRoom() {
  const [room] = await Promise.all([import('./room.js'), speakOf('tour')]);
  return room;
}

/** @param {OrielTour} page @param {Choice} choice */
export async function join(page, { name, consent }) {
  const { client, welcome, here: { signal } } = page;
  if (!client || !welcome || page.joining) {
    return;
  }
  page.joining = client;
  const asking = page.asking = new AbortController();
  try {
    const { TourModel, enter } = await loadRoom();
    await page.desk;
    signal.throwIfAborted();
    if (!page.model) {
      page.follow(client, page.model = new TourModel(client, page.tracks));
    }
    const { version, required } = welcome.consent;
    await enter(client, { name, codec: welcome.tour.codec, consent: required ? { recording: consent, version } : undefined }, asking.signal);
    if (signal.aborted) { // the answer came after we had gone
      await client.leave();
      return;
    }
    page.live();
  } catch (error) {
    if (!signal.aborted && page.screen.at !== 'ended') {
      await notJoined(page, error, client, welcome);
    }
  } finally {
    page.joining = page.joining === client ? null : page.joining;
  }
}

/** What one may do about it is on the form, which is about the tour as it is now. @param {OrielTour} page
 *  @param {unknown} error @param {OrielClient} client @param {Welcome} welcome */
async function notJoined(page, error, client, welcome) {
  const { signal } = page.here;
  const code = codeOf(error);
  page.lobby.end();
  if (isClosed(code) || code === 'token_expired') {
    page.screen = { at: 'ended', code };
  } else if (isNotYet(code)) {
    page.start();
  } else {
    const text = error instanceof OrielError ? errorWords(error) : t('refused.unreachable'); // else a file was not to be had
    page.welcome = code === 'consent_required' ? await client.look().catch(() => welcome) : welcome; // to another text than this one
    if (!signal.aborted) {
      page.screen = { at: 'prejoin', welcome: page.welcome ?? welcome, failed: { text } };
    }
  }
}
