// <oriel-live>: the tour while it runs. The frame: header, notes, stage, the others, a panel with tabs, sheets and the
// bar. Where they lie is in live.css, by `data-layout` (layout.js); what buttons, tabs and sheets there are is the
// desk's, which depends on whose page it is (desk.js).

import { html, nothing } from 'lit';
import { header } from './header.js';
import { mainPicture } from './main_picture.js';
import { Sound } from './sound.js';
import { Advice } from './advice.js';
import { awayScreen } from './away.js';
import { Calm } from './calm.js';
import { BUYER_DESK } from './desk.js';
import { LAYOUT_CHANGES, layoutNow } from './layout.js';
import { QualityWatch } from './quality_watch.js';
import { placeTiles, strip } from './strip.js';
import { Unread } from './unread.js';
import { readView } from './view.js';
import { define, Part } from '../parts/element.js';
import { tabRow } from '../parts/tab_row.js';
import { toast } from '../parts/toast.js';
import { speakAsAgent, t } from '../words/words.js';
import '../parts/sheet.js';
import '../parts/tile.js';
import './reactions.js';
import './stage.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('./sights.js').Sight} Sight */

const WIDE = 16 / 9; // as long as nothing was seen

export class Live extends Part {
  static properties = { model: { attribute: false }, desk: { attribute: false }, tab: { state: true }, sheet: { state: true },
    silent: { state: true }, layout: { state: true }, full: { state: true }, calm: { state: true }, ratio: { state: true },
    sight: { state: true }, quality: { state: true } };

  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {import('./desk.js').Desk} */
    this.desk = BUYER_DESK;
    this.hosts = false; // that desk is a host's, or is on its way
    this.tab = ''; // of the panel, which is shut without
    this.tabBefore = ''; // the picture took the whole screen
    this.sheet = ''; // that is open over all
    /** the browser plays no sound before a tap */
    this.silent = false;
    this.layout = layoutNow();
    /** the picture alone, on the whole screen */
    this.full = false;
    /** nobody touches anything: what lies over the picture goes */
    this.calm = false;
    this.ratio = WIDE; // of the main picture
    /** @type {Sight|null} what is shown in place of the camera */
    this.sight = null;
    /** @type {import('../../lib/types.js').Quality} of the own connection */
    this.quality = 'good';
    this.followed = ''; // the view of the host that was taken up last
    this.sound = new Sound();
    this.advice = new Advice();
    this.unread = new Unread();
    this.rest = new Calm(this, (calm) => { this.calm = calm; });
    this.watch = new QualityWatch((quality) => { this.quality = quality; });
  }

  connectedCallback() {
    super.connectedCallback();
    const { model } = this;
    if (model) {
      this.listen(model, 'changed', () => this.onChange());
      this.listen(model, 'say', (/** @type {CustomEvent} */ e) => toast(e.detail));
      this.listen(model.client, 'entry', (/** @type {CustomEvent} */ e) => this.onEntry(e.detail));
      this.listen(this.advice, 'changed', () => this.requestUpdate());
      LAYOUT_CHANGES.forEach((query) => this.listen(query, 'change', () => this.onLayout()));
      this.listen(document, 'fullscreenchange', () => this.full && !document.fullscreenElement && this.fill(false));
      this.listen(this, 'keydown', (/** @type {KeyboardEvent} */ e) => this.onKey(e));
      this.listen(this, 'click', () => this.silent && this.hear()); // any tap is one
      this.tab = this.layout === 'desk' ? this.desk.first(this) : '';
      this.rest.begin();
      this.watch.begin(model.client);
      this.onChange();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.desk.end?.();
    this.advice.stop();
    this.rest.stop();
    this.watch.stop();
    if (document.fullscreenElement) {
      document.exitFullscreen().catch(() => {});
    }
  }

  firstUpdated() {
    this.querySelector('.tour')?.prepend(this.sound.node);
    /** @type {HTMLElement|null} */ (this.querySelector('h1'))?.focus({ preventScroll: true });
  }

  updated() {
    /** @type {HTMLElement|null} */ (this.querySelector('.tour'))?.style.setProperty('--ratio', String(this.ratio));
    placeTiles(this);
  }

  /** The stage is everything, and the rest lies over it. */
  get immersed() {
    return this.layout === 'side' || this.full;
  }

  /** On a phone upright with a picture that is wide, the panel stands below it for good. */
  get docked() {
    return this.layout === 'upright' && this.ratio >= 1 && !this.full;
  }

  /** The tab that is on the screen. */
  get shownTab() {
    return this.docked && !this.tab ? this.desk.first(this) : this.tab;
  }

  async onChange() {
    const { model } = this;
    if (!model) {
      return;
    }
    this.chooseDesk(model);
    this.sound.show(model.voices);
    this.advice.follow(model);
    this.unread.follow(model, this.shownTab === 'talk');
    this.follow(model.tour?.view);
    this.requestUpdate();
    if (model.link === 'live' && !this.silent && this.sound.voices.size > 0 && !(await this.sound.start())) {
      this.silent = true;
    }
  }

  /** An answer to what we have asked is news, wherever one looks. @param {import('../../lib/types.js').Entry} entry */
  onEntry({ kind, question, state, name }) {
    const mine = this.model?.questions.some((q) => q.mine && q.id === question);
    if (kind === 'answer' && state === 'answered' && mine && this.shownTab !== 'talk') {
      toast(t('talk.answered_you', { name: name || t('a_host') }));
    }
  }

  /** Whoever is made a host gets the console, and who is none any more gives it back. @param {TourModel} model */
  async chooseDesk(model) {
    const hosts = model.isHost;
    if (hosts === this.hosts) {
      return;
    }
    this.hosts = hosts;
    const [{ HostDesk }] = hosts ? await Promise.all([import('./agent/desk.js'), speakAsAgent()]).catch(() => {
      this.hosts = !hosts; // it could not be had: again with the next change
      return [{ HostDesk: null }];
    }) : [{ HostDesk: null }];
    if (hosts === this.hosts && this.isConnected) {
      this.desk.end?.();
      this.desk = HostDesk ? new HostDesk(this, model) : BUYER_DESK;
      this.desk.begin?.();
      this.tab = this.layout === 'desk' ? this.desk.first(this) : '';
    }
  }

  /** What the host wants all to see is seen, until one goes back to the camera. @param {object|undefined} view */
  follow(view) {
    const text = JSON.stringify(view ?? null);
    if (text !== (this.followed || 'null')) {
      this.followed = text;
      this.sight = readView(view);
    }
  }

  /** A phone that is turned shows the picture, a page that is widened the panel, too. */
  onLayout() {
    const next = layoutNow();
    if (next !== this.layout) {
      this.layout = next;
      this.tab = next === 'desk' ? this.tab || this.desk.first(this) : next === 'upright' ? this.tab : '';
    }
  }

  async hear() {
    this.silent = !(await this.sound.start());
  }

  /** Opens a tab of the panel or a sheet; the same again shuts it, unless it stands there for good. @param {string} id */
  toggle(id) {
    const isTab = this.desk.tabs(this).some((tab) => tab.id === id);
    if (isTab) {
      this.sheet = '';
      this.tab = this.shownTab === id && !this.docked ? '' : id;
      this.model?.changed();
    } else {
      this.sheet = this.sheet === id ? '' : id;
    }
  }

  /** @param {string} id a tab */
  choose(id) {
    this.tab = id;
    this.model?.changed(); // what was unread is read
  }

  /** A plan or a photograph on the stage, or (null) the camera again. @param {Sight|null} sight */
  see(sight) {
    this.sight = sight;
    if (this.layout !== 'desk' && !this.docked) {
      this.tab = '';
    }
  }

  /** What lies over the picture goes by Esc, wherever the focus is. @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === 'Escape' && !event.defaultPrevented && !/** @type {Element} */ (event.target).closest('dialog')) {
      this.tab = this.sheet || this.layout === 'desk' ? this.tab : '';
      this.sheet = '';
    }
  }

  /** The picture takes the whole screen, where the browser allows it that of the device.
   *  @param {boolean} on */
  fill(on) {
    if (on !== this.full) { // the panel waits meanwhile
      [this.tab, this.tabBefore] = [on ? '' : this.tabBefore, this.tab];
    }
    this.full = on;
    if (on) {
      document.documentElement.requestFullscreen?.({ navigationUI: 'hide' })
        .then(() => (this.full ? undefined : document.exitFullscreen())) // it came later than one wanted it
        .catch(() => {});
    } else if (document.fullscreenElement) {
      document.exitFullscreen().catch(() => {});
    }
  }

  /** Of the main picture. */
  get video() {
    return /** @type {HTMLVideoElement|null} */ (this.querySelector('oriel-stage .main:not([hidden]) video'));
  }

  /** The picture in a window of its own, over other programs. */
  apart() {
    this.model?.attempt(async () => {
      await (document.pictureInPictureElement ? document.exitPictureInPicture() : this.video?.requestPictureInPicture());
    });
  }

  panel() {
    const list = this.desk.tabs(this);
    const now = list.find((tab) => tab.id === this.shownTab);
    const choose = (/** @type {string} */ id) => this.choose(id);
    return html`<oriel-sheet class="panel" .label=${now?.label ?? ''} .open=${Boolean(now)} .docked=${this.docked}
      .head=${tabRow({ tabs: list, now: now?.id ?? '', label: t('panel.label'), choose })}
      .content=${now?.draw() ?? nothing} @shut=${() => { this.tab = ''; }}></oriel-sheet>`;
  }

  overlay() {
    const sheet = this.desk.sheets(this)[this.sheet];
    return html`<oriel-sheet class="over" .label=${sheet?.label ?? ''} .open=${Boolean(sheet)} .content=${sheet?.draw() ?? nothing}
      @shut=${() => { this.sheet = ''; }}></oriel-sheet>`;
  }

  /** @param {TourModel} model */
  stage(model) {
    const main = mainPicture(model);
    return html`<section class="floor" aria-label=${t('tour.stage')}>
      <oriel-stage class="stage" .picture=${main} .speaking=${main.participant !== null && main.participant === model.speaker}
        .alone=${this.immersed} .model=${model} .sight=${this.sight} .empty=${awayScreen(model)}
        @ratio=${(/** @type {CustomEvent} */ e) => { this.ratio = e.detail || this.ratio; }}
        @tap=${(/** @type {CustomEvent} */ e) => this.onTap(e.detail.twice)} @camera=${() => this.see(null)}></oriel-stage>
      ${this.desk.over(this)}
      ${strip(model, main)}
      <oriel-reactions .model=${model}></oriel-reactions>
    </section>`;
  }

  /** On a phone the picture is a button, too; elsewhere two clicks are. @param {boolean} twice */
  onTap(twice) {
    if (twice || this.layout === 'upright' || this.full) {
      this.fill(!this.full);
    }
  }

  render() {
    const { model } = this;
    if (!model) {
      return nothing;
    }
    const marks = [this.shownTab ? 'with-panel' : '', this.immersed ? 'immersed' : '', this.calm && this.immersed && !this.shownTab && !this.sheet ? 'calm' : ''];
    return html`<div class="tour charcoal ${marks.filter(Boolean).join(' ')}" data-link=${model.link} data-layout=${this.full ? 'full' : this.layout}
        data-shape=${this.ratio < 1 ? 'tall' : 'wide'}>
      ${header(this)}
      <div class="notes">${this.desk.notes(this)}${this.advice.show()}</div>
      ${this.stage(model)}
      ${this.panel()}
      ${this.desk.bar(this)}
      ${this.overlay()}
    </div>`;
  }
}

define('oriel-live', Live);
