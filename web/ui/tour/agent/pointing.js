// Pressing on one's own picture points at that place for everybody; letting go ends it.

import { html } from 'lit';
import { mainPicture } from '../main_picture.js';
import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */

const EVERY_MS = 50; // 20 a second

/**
 * Where in a picture a place on the screen is, from 0 to 1; null beside it. `object-fit` leaves margins or cuts, and
 * the stage may have been zoomed.
 * @param {HTMLVideoElement} video @param {number} clientX @param {number} clientY
 */
export function placeIn(video, clientX, clientY) {
  const box = video.getBoundingClientRect();
  const { videoWidth, videoHeight } = video;
  if (!videoWidth || !videoHeight || !box.width || !box.height) {
    return null;
  }
  const [across, down] = [box.width / videoWidth, box.height / videoHeight];
  const scale = getComputedStyle(video).objectFit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const x = 0.5 + (clientX - box.left - box.width / 2) / (videoWidth * scale);
  const y = 0.5 + (clientY - box.top - box.height / 2) / (videoHeight * scale);
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}

export class Pointing {
  /** @param {TourModel} model */
  constructor(model) {
    this.model = model;
    /** @type {{x: number, y: number}|null} the last place that was not told yet */
    this.place = null;
    this.pressed = false;
    this.points = false; // the others see it
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /** @param {PointerEvent} event */
  move(event) {
    const video = /** @type {HTMLVideoElement|null} */ (document.querySelector('oriel-stage video'));
    const place = this.pressed && video ? placeIn(video, event.clientX, event.clientY) : null;
    if (place) {
      this.place = place;
      this.timer ??= this.tell();
    }
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
    const { participant, source } = mainPicture(model);
    model.client.point({ ...place, source: `${participant}/${source}` }).catch(() => undefined);
    this.timer = setTimeout(() => this.tell(), EVERY_MS);
    return this.timer;
  }

  /** @param {PointerEvent} event */
  press(event) {
    event.preventDefault();
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
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
      this.model.client.point().catch(() => undefined);
    }
  }

  /** What lies over the stage while one points. */
  layer() {
    return html`<div class="pointing" @pointerdown=${(/** @type {PointerEvent} */ e) => this.press(e)}
      @pointermove=${(/** @type {PointerEvent} */ e) => this.move(e)} @pointerup=${() => this.lift()}
      @pointercancel=${() => this.lift()}><p class="second">${t('agent.pointing')}</p></div>`;
  }
}
