// What a phone's camera can besides filming: its light, and coming nearer. What it cannot is not there.

/** @typedef {{min: number, max: number, step: number, now: number}} Zoom */

/** @param {MediaStreamTrack|null} track @returns {any} */
const abilities = (track) => track?.getCapabilities?.() ?? {};

/** Some say true, others all that there is to choose from. @param {MediaStreamTrack|null} track */
export const hasTorch = (track) => [abilities(track).torch].flat().includes(true);

/** @param {MediaStreamTrack|null} track */
export const torchIsOn = (track) => Boolean(/** @type {any} */ (track?.getSettings() ?? {}).torch);

/** @param {MediaStreamTrack} track @param {any} what */
const apply = (track, what) => track.applyConstraints({ advanced: [what] });

/** @param {MediaStreamTrack} track @param {boolean} on */
export const setTorch = (track, on) => apply(track, { torch: on });

/** @param {MediaStreamTrack|null} track @returns {Zoom|null} */
export function zoomOf(track) {
  const { zoom } = abilities(track);
  if (!zoom || !(zoom.max > zoom.min)) {
    return null;
  }
  const { zoom: now = zoom.min } = /** @type {any} */ (track?.getSettings() ?? {});
  return { min: zoom.min, max: zoom.max, step: zoom.step || (zoom.max - zoom.min) / 100, now };
}

/** A finger on the slider wishes faster than a camera obeys: it is told the last wish, one at a time. */
export class Zooming {
  constructor() {
    /** @type {number|null} what the camera is on its way to */
    this.wanted = null;
    this.busy = false;
  }

  /** @param {MediaStreamTrack} track @param {number} zoom */
  async to(track, zoom) {
    this.wanted = zoom;
    if (this.busy) {
      return;
    }
    this.busy = true;
    for (let next = zoom; this.wanted !== null; next = this.wanted ?? next) {
      await apply(track, { zoom: next }).catch(() => undefined); // turned off or round meanwhile
      this.wanted = this.wanted === next ? null : this.wanted;
    }
    this.busy = false;
  }
}
