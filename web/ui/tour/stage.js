// <oriel-stage>: the main picture with what is said about it: where somebody points, what is shown in its place, and
// that it stands still. Tells `ratio` of the picture, `tap`, and `camera` (back to it).

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { icon } from '../parts/icon.js';
import { define, Part } from '../parts/element.js';
import { pictureRect } from './fit.js';
import { lostWords } from './lost.js';
import { LOOK, StillWatch } from './still.js';
import { sightView } from './view.js';
import { Zoom } from './zoom.js';
import { t } from '../words/words.js';
import '../parts/tile.js';

/** @typedef {import('./model.js').TourModel} TourModel */
/** @typedef {import('./main_picture.js').Picture} Picture */

export class Stage extends Part {
  static properties = { picture: { attribute: false }, speaking: { type: Boolean }, alone: { type: Boolean }, model: { attribute: false },
    sight: { attribute: false }, empty: { attribute: false }, lost: { state: true }, near: { state: true } };

  constructor() {
    super();
    /** @type {Picture|null} */
    this.picture = null;
    this.speaking = false;
    /** nothing lies beside it */
    this.alone = false;
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {import('./sights.js').Sight|null} */
    this.sight = null;
    /** @type {any} what is here where nobody shows anything */
    this.empty = nothing;
    this.lost = ''; // what is the matter, while it is
    this.near = false; // zoomed in
    this.shown = ''; // whose picture of what it was last
    this.ratio = 0;
    this.still = new StillWatch();
    /** @type {Zoom|null} */
    this.zoom = null;
    this.sizes = new ResizeObserver(() => {
      this.fit();
      this.zoom?.keepIn();
    });
  }

  connectedCallback() {
    super.connectedCallback();
    this.listen(this, 'ratio', (e) => this.onRatio(e));
    this.listen(this, 'keydown', (e) => this.onKey(e));
    this.every(LOOK, () => this.look());
    this.sizes.observe(this);
    this.zoom ??= new Zoom(this, () => this.onZoom(), (tap) => this.onTap(tap));
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  get video() {
    return /** @type {HTMLVideoElement|null} */ (this.querySelector('.main video'));
  }

  /** @param {Map<string, any>} changed */
  willUpdate(changed) {
    const before = /** @type {Picture|undefined} */ (changed.get('picture'));
    const { participant, source, track } = this.picture ?? {};
    const shown = participant ? `${participant}/${source}` : this.shown;
    if (shown !== this.shown) {
      this.still.reset();
      this.zoom?.to(1);
    } else if (changed.has('picture') && before?.track !== track && !this.lost) { // else it is lost until it is seen
      this.still.reset();
    }
    if (changed.has('sight')) {
      this.zoom?.to(1);
    }
    this.shown = shown;
  }

  updated() {
    this.fit();
  }

  look() {
    const { model, picture, still } = this;
    const down = model?.link === 'reconnecting';
    const since = picture?.own ? still.wait(down) : still.look(this.video);
    const hidden = this.sight && !down; // it is not what one looks at
    this.lost = model && !hidden ? lostWords(model, picture, since, still.frames > 0) : '';
  }

  /** @param {CustomEvent} event of the tile; ours goes on up */
  onRatio(event) {
    if (/** @type {Element} */ (event.target).classList.contains('main')) {
      this.ratio = event.detail || this.ratio;
      this.fit();
    } else {
      event.stopPropagation();
    }
  }

  /** A camera may fill the stage where next to nothing of it is cut; a screen never. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this;
    const { fills, rect } = pictureRect({ width, height }, this.ratio,
      { whole: this.picture?.source === 'screen', alone: this.alone && !this.picture?.own });
    this.classList.toggle('fills', fills);
    const marks = /** @type {HTMLElement|null} */ (this.querySelector('.marks'));
    for (const side of /** @type {const} */ (['left', 'top', 'width', 'height'])) {
      marks?.style.setProperty(side, `${rect[side]}px`);
    }
    const { pointer } = this.model?.tour ?? {};
    const hand = /** @type {HTMLElement|null} */ (this.querySelector('.pointer'));
    hand?.style.setProperty('left', `${(pointer?.x ?? 0) * 100}%`);
    hand?.style.setProperty('top', `${(pointer?.y ?? 0) * 100}%`);
  }

  onZoom() {
    const { scale = 1, x = 0, y = 0 } = this.zoom ?? {};
    this.near = scale > 1;
    this.style.setProperty('--zoom', `translate(${x}px, ${y}px) scale(${scale})`);
    this.classList.toggle('near', this.near);
  }

  /** @param {import('./zoom.js').Tap} tap */
  onTap({ twice, touch, at }) {
    if (twice && this.near) {
      this.zoom?.to(1);
    } else if (twice ? !touch : touch) { // a mouse has clicks for all kinds of things
      this.tell('tap', { twice });
    } else if (twice) {
      this.zoom?.to(2, at);
    }
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (!event.ctrlKey && !event.metaKey && this.zoom?.key(event.key)) {
      event.preventDefault();
    }
  }

  /** Only on the picture that it was meant for. */
  pointer() {
    const pointer = this.model?.tour?.pointer;
    const { participant, source } = this.picture ?? {};
    if (this.sight || !participant || typeof pointer?.x !== 'number' || (pointer.source && pointer.source !== `${participant}/${source}`)) {
      return nothing;
    }
    const name = this.model?.nameOf(pointer.from) || t('the_host');
    return html`<span class="pointer" role="img" aria-label=${t('stage.points', { name })}><span class="spot"></span><span class="who-points meta" aria-hidden="true">${name}</span></span>`;
  }

  render() {
    const { picture, sight } = this;
    return html`<div class="canvas" tabindex="0" role="group" aria-label=${t('stage.label')}>
      <oriel-tile class="main ${picture?.own ? 'own' : ''}" ?hidden=${!picture?.participant} .track=${picture?.track ?? null} .name=${picture?.name ?? ''}
        .label=${picture?.label ?? ''} .speaking=${this.speaking && !picture?.own} .paused=${Boolean(picture?.paused)}></oriel-tile>
      <div class="marks">${this.pointer()}</div></div>
      ${picture?.participant ? nothing : this.empty}
      ${sight ? sightView(sight, () => this.tell('camera')) : nothing}
      ${this.near ? html`<button type="button" class="smaller" data-control="zoom-out" @click=${() => this.zoom?.to(1)}>${icon('smaller')}${t('stage.whole')}</button>` : nothing}
      ${repeat(this.lost ? [this.lost] : [], (words) => words, (words) => html`<div class="lost" role="alert"><div class="spinner"></div><p>${words}</p></div>`)}`;
  }
}

define('oriel-stage', Stage);
