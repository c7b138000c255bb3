// Pressing on one's own picture points at that place for everybody; letting go ends it. By keyboard: arrows go to a
// place, Enter shows it to all, Escape ends it.

import { html, nothing } from 'lit';
import { mainPicture } from '../main_picture.js';
import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {{x: number, y: number}} Place in a picture, from 0 to 1 */

const EVERY_MS = 50; // 20 a second
const STEP = 0.04;
const FINE = 0.01; // with Shift

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where the picture lies on the screen: `object-fit` leaves margins or cuts, and the stage may have been zoomed.
 *  @param {HTMLVideoElement} video */
function pictureOn(video) {
  const box = video.getBoundingClientRect();
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || !videoHeight || !box.width || !box.height) {
    return null;
  }
  const [across, down] = [box.width / videoWidth, box.height / videoHeight];
  const scale = getComputedStyle(video).objectFit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const [width, height] = [videoWidth * scale, videoHeight * scale];
  return { left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2, width, height };
}

/** Where in a picture a place on the screen is; null beside it. @param {HTMLVideoElement} video
 *  @param {number} clientX @param {number} clientY @returns {Place|null} */
export function placeIn(video, clientX, clientY) {
  const on = pictureOn(video);
  const [x, y] = on ? [(clientX - on.left) / on.width, (clientY - on.top) / on.height] : [-1, -1];
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}

const videoOf = () => /** @type {HTMLVideoElement|null} */ (document.querySelector('oriel-stage .main video'));

/** @param {number} part */
const within = (part) => Math.min(1, Math.max(0, Math.round(part * 100) / 100));

export class Pointing {
  /** @param {TourModel} model */
  constructor(model) {
    this.model = model;
    /** @type {Place|null} the last place that was not told yet */
    this.place = null;
    this.pressed = false;
    this.points = false; // the others see it
    this.owes = false; // they see it still, for the connection was lost when we let go
    /** @type {Place|null} where the keyboard is */
    this.at = null;
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (this.pressed && event.buttons === 0) { // let go where we did not hear of it
      this.lift();
    }
    const video = videoOf();
    const place = this.pressed && video ? placeIn(video, event.clientX, event.clientY) : null;
    if (place) {
      this.show(place);
    }
  }

  /** @param {Place} place */
  show(place) {
    this.place = place;
    this.timer ??= this.tell();
  }

  /** Now, and not again before a while has passed. @returns {number|undefined} */
  tell() {
    const { place, model } = this;
    this.place = null;
    if (!place || !this.pressed) {
      this.timer = undefined;
      return undefined;
    }
    this.points = true;
    this.owes = false;
    const { participant, source } = mainPicture(model);
    model.client.point({ ...place, source: `${participant}/${source}` }).catch(() => undefined);
    this.timer = setTimeout(() => this.tell(), EVERY_MS);
    return this.timer;
  }

  /** @param {PointerEvent} event */
  press(event) {
    event.preventDefault();
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.at = null;
    this.pressed = true;
    this.move(event);
  }

  lift() {
    this.pressed = false;
    this.place = null;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.points) {
      this.points = false;
      this.noMore();
    }
  }

  noMore() {
    this.owes = false;
    this.model.client.point().catch(() => { this.owes = true; });
  }

  /** What could not be said while the connection was lost is said now. */
  settle() {
    if (this.owes && this.model.link === 'live') {
      this.noMore();
    }
  }

  /** By keyboard. @param {KeyboardEvent} event @returns {boolean} it is ours */
  key({ key, shiftKey }) {
    const { x, y } = this.at ?? { x: 0.5, y: 0.5 };
    if (ARROWS[key]) {
      const [dx, dy] = ARROWS[key].map((d) => d * (shiftKey ? FINE : STEP));
      this.at = { x: within(x + dx), y: within(y + dy) };
    } else if (key === 'Enter' && this.pressed) {
      this.lift();
      return true;
    } else if (key === 'Enter') {
      this.at = { x, y };
      this.pressed = true;
    } else {
      return false;
    }
    if (this.pressed) {
      this.show(this.at);
    }
    return true;
  }

  /** @param {KeyboardEvent} event @param {() => void} draw @param {() => void} end */
  onKey(event, draw, end) {
    const ours = event.key === 'Escape' || this.key(event);
    if (ours) {
      event.preventDefault();
      event.stopPropagation();
    }
    if (event.key === 'Escape') {
      end();
    } else if (ours) {
      draw();
    }
  }

  /** What the keyboard does, to the eye and to a screen reader. @param {Element|null} over what this is drawn in */
  cursor(over) {
    const video = videoOf();
    const on = video && pictureOn(video);
    const { at, pressed } = this;
    if (!at || !on || !over) {
      return nothing;
    }
    const box = over.getBoundingClientRect();
    const [left, top] = [on.left + at.x * on.width - box.left, on.top + at.y * on.height - box.top];
    const words = t(pressed ? 'agent.point_shown' : 'agent.point_at', { x: Math.round(at.x * 100), y: Math.round(at.y * 100) });
    return html`<svg class="aim" aria-hidden="true"><circle cx=${left} cy=${top} r="18"></circle></svg>
      <p class="visually-hidden" role="status">${words}</p>`;
  }

  /** What lies over the stage while one points. @param {() => void} draw again @param {() => void} end of pointing */
  layer(draw, end) {
    return html`<div class="pointing" tabindex="0" role="application" aria-label=${t('agent.pointing_keys')}
      @pointerdown=${(/** @type {PointerEvent} */ e) => this.press(e)} @keydown=${(/** @type {KeyboardEvent} */ e) => this.onKey(e, draw, end)}
      @pointermove=${(/** @type {PointerEvent} */ e) => this.move(e)} @pointerup=${() => this.lift()}
      @pointercancel=${() => this.lift()}><p class="second">${t(matchMedia('(pointer: coarse)').matches ? 'agent.pointing' : 'agent.pointing_desk')}</p>
      ${this.cursor(document.querySelector('.pointing'))}</div>`;
  }
}
