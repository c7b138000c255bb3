// <oriel-live>: the tour while it runs. The frame: header, stage, the others, a panel and the bar. What is in them is
// in files of their own; how they lie is in live.css.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { bar } from './bar.js';
import { header } from './header.js';
import { mainPicture } from './main_picture.js';
import { facesUser } from './own_sources.js';
import { peoplePanel } from './people.js';
import { Sound } from './sound.js';
import { Advice } from './advice.js';
import { define, Part } from '../parts/element.js';
import { emptyState } from '../parts/empty_state.js';
import { toast } from '../parts/toast.js';
import { t } from '../words/words.js';
import '../parts/sheet.js';
import '../parts/tile.js';
import './stage.js';

/** @typedef {import('./model.js').TourModel} TourModel */

export class Live extends Part {
  static properties = { model: { attribute: false }, panel: { state: true }, silent: { state: true } };

  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {''|'people'} */
    this.panel = '';
    /** the browser plays no sound before a tap */
    this.silent = false;
    this.sound = new Sound();
    this.advice = new Advice();
  }

  connectedCallback() {
    super.connectedCallback();
    const { model } = this;
    if (model) {
      this.listen(model, 'changed', () => this.onChange());
      this.listen(model, 'say', (/** @type {CustomEvent} */ e) => toast(e.detail));
      this.listen(this.advice, 'changed', () => this.requestUpdate());
      this.panel = model.isAgent && matchMedia('(min-width: 1100px)').matches ? 'people' : '';
      this.onChange();
    }
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.advice.stop();
  }

  firstUpdated() {
    this.querySelector('.tour')?.prepend(this.sound.node);
    /** @type {HTMLElement|null} */ (this.querySelector('h1'))?.focus({ preventScroll: true });
  }

  async onChange() {
    const { model } = this;
    if (!model) {
      return;
    }
    this.sound.show(model.voices);
    this.advice.follow(model);
    this.requestUpdate();
    if (model.link === 'live' && !this.silent && this.sound.voices.size > 0 && !(await this.sound.start())) {
      this.silent = true;
      toast(t('tour.tap_for_sound'));
    }
  }

  async hear() {
    this.silent = !(await this.sound.start());
  }

  /** @param {'people'} panel */
  toggle(panel) {
    this.panel = this.panel === panel ? '' : panel;
  }

  /** @param {TourModel} model @param {import('./main_picture.js').Picture} main */
  others(model, main) {
    const { camera } = model.own.tracks;
    const self = camera && !(main.own && main.source === 'camera');
    const shown = main.own && model.stage?.participant ? [model.stage, ...model.gallery] : model.gallery;
    return html`<div class="others" role="group" aria-label=${t('tour.others')}>
      ${self ? html`<oriel-tile class="self" .track=${camera} .name=${model.me?.name ?? ''} .label=${t('you')}
        .mirrored=${facesUser(camera)}></oriel-tile>` : nothing}
      ${repeat(shown, (slot) => slot.mid, (slot) => {
        const person = model.person(slot.participant);
        return html`<oriel-tile .track=${slot.track} .name=${person?.name ?? ''} .paused=${slot.paused}
          .speaking=${slot.participant === model.speaker} .hand=${Boolean(person?.hand)}
          .muted=${person?.sources?.microphone !== 'on'}></oriel-tile>`;
      })}</div>`;
  }

  render() {
    const { model } = this;
    if (!model) {
      return nothing;
    }
    const main = mainPicture(model);
    const empty = emptyState({ title: t('tour.nobody_shows.title'), text: t('tour.nobody_shows.text') });
    return html`<div class="tour charcoal ${this.panel ? 'with-panel' : ''}" data-link=${model.link}>
      ${header(model)}
      ${this.advice.show()}
      <section class="floor" aria-label=${t('tour.stage')}>
        <oriel-stage class="stage" .picture=${main} .speaking=${main.participant !== null && main.participant === model.speaker}
          .lost=${model.link === 'reconnecting'} .empty=${empty}></oriel-stage>
        ${this.others(model, main)}
      </section>
      <oriel-sheet class="panel" .label=${t('people.title', { n: model.people.length })} .open=${this.panel === 'people'}
        .content=${this.panel === 'people' ? peoplePanel(model) : nothing} @shut=${() => { this.panel = ''; }}></oriel-sheet>
      ${bar(model, { silent: this.silent, hear: () => this.hear(), panel: this.panel, toggle: (p) => this.toggle(p) })}
    </div>`;
  }
}

define('oriel-live', Live);
