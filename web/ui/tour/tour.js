// <oriel-tour>: a tour from the link to its end, for buyers, agents and those who watch. What is on the screen is one
// of a few things at a time, and this is what leads from one to the next.
//
// The attribute `link` is a whole tour link, on its own page its address; or there are `url`, `tour` and `token`. The
// event `oriel-state`, {at, code}, tells where it is (docs/pages.md).

import { OrielClient } from '../../lib/oriel.js';
import { signalUrl, splitLink } from '../link.js';
import { define, Part } from '../parts/element.js';
import { titleOf } from '../property.js';
import { speakAsAgent, spoken } from '../words/words.js';
import { join, loadRoom } from './joining.js';
import { LobbyWatch } from './lobby.js';
import { codeOf } from './problems.js';
import { rememberConsent } from './remembered.js';
import { drawScreen } from './screens.js';
import { isClosed, waitUntilOpen } from './waiting.js';

/** @typedef {import('../../lib/devices.js').DeviceKind} DeviceKind */
/** @typedef {import('../../lib/types.js').Welcome} Welcome */
/** @typedef {import('./prejoin.js').Choice} Choice */
/** @typedef {import('./screens.js').Screen} Screen */

const PHONE = '(max-width: 760px)';
const GALLERY = { phone: 4, desktop: 8 }; // pictures of others at most

export class OrielTour extends Part {
  static properties = { link: {}, tour: {}, token: {}, url: {}, screen: { state: true } };

  constructor() {
    super();
    this.link = '';
    this.tour = '';
    this.token = '';
    this.url = '';
    /** the page is ours: its title is the tour's, and there is a front door */
    this.wholePage = false;
    /** @type {Screen} */
    this.screen = { at: 'connecting' };
    /** @type {OrielClient|null} */
    this.client = null;
    /** @type {Welcome|null} */
    this.welcome = null;
    /** @type {import('./model.js').TourModel|null} */
    this.model = null;
    /** @type {import('./devices.js').OwnTracks} open before joining; from then on the model's */
    this.tracks = {};
    this.recorded = false;
    /** @type {Promise<any>|null} what a host's page needs */
    this.desk = null;
    this.led = ''; // by which address we are where we are
    /** aborted when we have left this tour for another one, or the page */
    this.here = new AbortController();
    /** @type {OrielClient|null} whose join is under way */
    this.joining = null;
    /** aborted when what a join asks the person about is over */
    this.asking = new AbortController();
    this.lobby = new LobbyWatch((tour, lost) => { this.screen = { at: 'lobby', tour, lost }; });
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(window, 'pagehide', () => this.leaveAtOnce());
    this.lang = spoken();
    this.start();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.leaveAtOnce();
    this.here.abort();
    this.closeAll();
  }

  /** Another link is another tour. */
  willUpdate() {
    if (this.led && JSON.stringify(this.address()) !== this.led) {
      this.leaveAtOnce();
      this.start();
    }
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    const before = changed.get('screen');
    const { screen } = this;
    if (changed.has('screen') && before?.at !== screen.at) {
      if (screen.at === 'ended' || screen.at === 'problem') {
        this.closeAll();
      }
      /** @type {HTMLElement|null} */ (this.querySelector('.notice h1'))?.focus({ preventScroll: true });
      this.tell('oriel-state', { at: screen.at,
        code: screen.at === 'ended' ? screen.code : screen.at === 'problem' ? codeOf(screen.error) : '' });
    }
  }

  /** The page goes: whoever is in would be missed for a while otherwise. */
  leaveAtOnce() {
    const { client } = this;
    if (client && (client.session || client.lobby.waiting || this.joining === client) && !client.over) {
      client.leave();
    }
  }

  /** Nothing of this tour is filmed, heard or asked any more. */
  closeAll() {
    this.lobby.end();
    this.asking.abort();
    Object.values(this.tracks).forEach((track) => track?.stop());
    this.model?.own.end();
    this.client?.unprepare();
    if (this.client && !this.client.session && !this.client.lobby.waiting && this.joining !== this.client) {
      this.client.signal?.close();
    }
  }

  /** What leads to the tour. */
  address() {
    const { tour, token, url } = this;
    return this.link ? splitLink(this.link) : { tour, token, url: url || signalUrl() };
  }

  async start() {
    this.here.abort();
    this.closeAll();
    this.here = new AbortController();
    this.joining = null;
    this.screen = { at: 'connecting' };
    this.model = null;
    this.tracks = { camera: null, microphone: null };
    this.recorded = false;
    const address = this.address();
    this.led = JSON.stringify(address);
    const client = this.client = new OrielClient({ ...address,
      gallery: matchMedia(PHONE).matches ? GALLERY.phone : GALLERY.desktop });
    // For support and for tests: window.oriel.session.pc.getStats() tells what the page sees.
    Object.assign(window, { oriel: client });
    const { signal } = this.here;
    const current = () => !signal.aborted;
    try {
      const welcome = await waitUntilOpen(client, address.token, (waiting) => {
        if (current()) {
          this.screen = { at: 'early', waiting };
        }
        return current();
      });
      if (!welcome || !current()) {
        client.signal?.close();
        return;
      }
      this.welcome = welcome;
      if (this.wholePage) {
        document.title = `${titleOf(welcome.tour)} – Oriel`;
      }
      this.screen = { at: 'prejoin', welcome, failed: null };
      loadRoom().then(() => current() && this.screen.at === 'prejoin' && !this.joining
        && client.prepare({ codec: welcome.tour.codec })).catch(() => {}); // is there when it is wanted
      this.desk = welcome.you.role === 'agent'
        ? Promise.all([import('./agent/desk.js'), speakAsAgent()]).catch(() => {}) : null; // or a host began with a buyer's buttons
    } catch (error) {
      if (current()) {
        this.refused(error);
      } else {
        client.signal?.close();
      }
    }
  }

  /** @param {unknown} error */
  refused(error) {
    const code = codeOf(error);
    this.screen = isClosed(code) || code === 'token_expired' && this.welcome
      ? { at: 'ended', code } : { at: 'problem', error };
  }

  /** @param {OrielClient} client @param {import('./model.js').TourModel} model */
  follow(client, model) {
    this.tracks = model.own.tracks;
    const { signal } = this.here; // what is told of a tour that we have left for another one is not about that one
    const on = client.addEventListener.bind(client);
    on('ended', () => model.own.end());
    on('recording', (e) => { this.recorded ||= /** @type {CustomEvent} */ (e).detail !== 'off'; }, { signal });
    on('ended', (e) => {
      this.lobby.end();
      this.screen = { at: 'ended', code: /** @type {CustomEvent} */ (e).detail.code };
    }, { signal });
    model.addEventListener('consent', (e) => {
      if (this.welcome) {
        rememberConsent(this.welcome, /** @type {CustomEvent} */ (e).detail);
      }
    });
    on('lobby', (e) => this.lobby.begin(client, /** @type {CustomEvent} */ (e).detail.tour), { signal });
    on('link', (e) => /** @type {CustomEvent} */ (e).detail === 'reconnecting' && this.lobby.lose(), { signal });
    on('back', () => this.live(), { signal });
  }

  /** @param {Choice} choice */
  join(choice) {
    return join(this, choice);
  }

  live() {
    this.lobby.end();
    this.screen = { at: 'live' };
    this.model?.own.begin();
  }

  /** A device that was opened later than one has joined. @param {DeviceKind} kind @param {MediaStreamTrack} track */
  late(kind, track) {
    const { model, screen } = this;
    const wanted = (screen.at === 'live' || screen.at === 'lobby') && !this.tracks[kind];
    if (!wanted) {
      track.stop();
    } else if (screen.at === 'live') {
      model?.own.start(kind, track);
    } else {
      this.tracks[kind] = track;
      this.requestUpdate();
    }
  }

  render() {
    return drawScreen(this);
  }
}

define('oriel-tour', OrielTour);
