// <oriel-tour>: a tour from the link to its end, for buyers, agents and those who watch. What is on the screen is one
// of a few things at a time, and this is what leads from one to the next.

import { html } from 'lit';
import { OrielClient } from '../../lib/oriel.js';
import { readLink, signalUrl } from '../link.js';
import { choose } from '../parts/dialog.js';
import { define, Part } from '../parts/element.js';
import { notice } from '../parts/notice.js';
import { t } from '../words/words.js';
import { endScreen } from './ends.js';
import { waitUntilOpen, earlyScreen, isClosed, lobbyScreen } from './waiting.js';
import { codeOf, errorWords } from './problems.js';
import { problemScreen } from './link_problem.js';
import './prejoin.js';

/** @typedef {import('../../lib/types.js').Tour} Tour */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/** @typedef {import('./prejoin.js').Choice} Choice */

/**
 * @typedef {{at: 'connecting'} | {at: 'problem', error: unknown} | {at: 'early', tour: Tour|null}
 *   | {at: 'prejoin', welcome: Welcome, failed: string} | {at: 'lobby', tour: Tour} | {at: 'live'}
 *   | {at: 'ended', code: string, message: string}} Screen
 */

const PHONE = '(max-width: 760px)';
const GALLERY = { phone: 4, desktop: 8 }; // pictures of others at most

export class OrielTour extends Part {
  static properties = { tour: {}, token: {}, url: {}, screen: { state: true } };

  constructor() {
    super();
    const link = readLink();
    this.tour = link.tour;
    this.token = link.token;
    this.url = signalUrl();
    /** @type {Screen} */
    this.screen = { at: 'connecting' };
    /** @type {OrielClient|null} */
    this.client = null;
    /** @type {Welcome|null} */
    this.welcome = null;
    /** @type {import('./model.js').TourModel|null} */
    this.model = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(window, 'pagehide', () => this.leaveAtOnce());
    this.start();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leaveAtOnce();
  }

  /** The page goes: whoever is in would be missed for a while otherwise. */
  leaveAtOnce() {
    const { client } = this;
    if (client && (client.session || client.lobby.waiting) && !client.over) {
      client.leave();
    }
  }

  async start() {
    this.screen = { at: 'connecting' };
    const client = this.client = new OrielClient({ url: this.url, token: this.token, tour: this.tour,
      gallery: matchMedia(PHONE).matches ? GALLERY.phone : GALLERY.desktop });
    // For support and for tests: window.oriel.session.pc.getStats() tells what the page sees.
    Object.assign(window, { oriel: client });
    try {
      const welcome = this.welcome = await waitUntilOpen(client, this.token, (tour) => {
        this.screen = { at: 'early', tour };
      });
      document.title = `${welcome.tour.title || welcome.tour.name} – Oriel`;
      this.screen = { at: 'prejoin', welcome, failed: '' };
      import('./live.js').catch(() => {}); // is there when it is wanted
    } catch (error) {
      this.screen = { at: 'problem', error };
    }
  }

  /** @param {Choice} choice */
  async join({ name, consent, tracks }) {
    const { client, welcome } = this;
    if (!client || !welcome) {
      return;
    }
    const [{ TourModel }] = await Promise.all([import('./model.js'), import('./live.js')]);
    const { version, required } = welcome.consent;
    const model = this.model = new TourModel(client, tracks);
    client.on('ended', ({ code, message }) => {
      model.own.end();
      this.screen = { at: 'ended', code, message };
    });
    client.on('lobby', ({ tour }) => {
      this.screen = { at: 'lobby', tour };
    });
    client.on('back', () => this.live());
    try {
      await this.enter({ name, codec: welcome.tour.codec,
        consent: required ? { recording: consent, version } : undefined });
      this.live();
    } catch (error) {
      if (this.screen.at !== 'ended') {
        this.screen = isClosed(codeOf(error)) ? { at: 'ended', code: codeOf(error), message: errorWords(error) }
          : { at: 'prejoin', welcome, failed: errorWords(error) };
      }
    }
  }

  live() {
    this.screen = { at: 'live' };
    this.model?.own.begin();
  }

  /** Who is in on another device says what becomes of that. @param {import('../../lib/types.js').JoinOptions} options */
  async enter(options) {
    const client = /** @type {OrielClient} */ (this.client);
    try {
      return await client.join(options);
    } catch (error) {
      if (codeOf(error) !== 'seat_taken') {
        throw error;
      }
      const seat = await choose({ title: t('prejoin.seat.title'), text: t('prejoin.seat.text'), choices: [
        { value: 'beside', label: t('prejoin.seat.beside'), kind: 'primary' },
        { value: 'take_over', label: t('prejoin.seat.take_over') }] });
      if (seat !== 'beside' && seat !== 'take_over') {
        throw error;
      }
      return client.join({ ...options, seat });
    }
  }

  render() {
    const { screen } = this;
    const again = () => this.start();
    switch (screen.at) {
      case 'problem':
        return problemScreen(screen.error, again);
      case 'early':
        return earlyScreen(screen.tour);
      case 'prejoin':
        return html`<oriel-prejoin .welcome=${screen.welcome} .failed=${screen.failed} .link=${{ url: this.url,
          token: this.token, tour: this.tour }} @join=${(/** @type {CustomEvent} */ e) => this.join(e.detail)}></oriel-prejoin>`;
      case 'lobby':
        return lobbyScreen(screen.tour, () => this.client?.leave());
      case 'live':
        return html`<oriel-live .model=${this.model}></oriel-live>`;
      case 'ended':
        return endScreen(screen, again);
      default:
        return notice({ title: t('prejoin.connecting'), busy: true });
    }
  }
}

define('oriel-tour', OrielTour);
