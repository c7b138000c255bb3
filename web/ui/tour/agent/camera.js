// What a phone's camera can besides filming: its light, and coming nearer. What it cannot is not there.

/** @typedef {{min: number, max: number, step: number, now: number}} Zoom */

/** @param {MediaStreamTrack|null} track @returns {any} */
const abilities = (track) => track?.getCapabilities?.() ?? {};

/** @param {MediaStreamTrack|null} track */
export const hasTorch = (track) => Boolean(abilities(track).torch);

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

/** @param {MediaStreamTrack} track @param {number} zoom */
export const setZoom = (track, zoom) => apply(track, { zoom });
