// Which side of a phone films: the house, for whoever shows it, and oneself for everybody else.

/** @typedef {import('../../lib/devices.js').Facing} Facing */

/** What is opened first. @param {string} role @returns {Facing} */
export const firstFacing = (role) => (role === 'agent' && matchMedia('(pointer: coarse)').matches ? 'environment' : 'user');

/** Where a camera looks, as far as it says so. @param {MediaStreamTrack|null} track @returns {Facing|null} */
export function facingOf(track) {
  const facing = track?.getSettings().facingMode;
  return facing === 'user' || facing === 'environment' ? facing : null;
}

/** @param {Facing} facing @returns {Facing} */
export const otherSide = (facing) => (facing === 'user' ? 'environment' : 'user');

/** A front camera is shown as in a mirror, one that films the house is not. @param {MediaStreamTrack|null} track */
export const facesUser = (track) => facingOf(track) !== 'environment';
