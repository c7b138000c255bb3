// Simulcast: in which sizes a camera is published, and which of them somebody needs. The server
// passes to each viewer the size that its path carries, and tells which ones nobody does.

/** Smallest first: that is the order in which browsers spend what their uplink carries. */
const RIDS = ['l', 'm', 'h'];

// Chromium encodes three sizes from 960x540 upward, two from 480x270, else one, and leaves out the
// last ones of the list whatever their scale: so the last one that is left must be the full size.
const THREE = 960 * 540; // [pixels]
const TWO = 480 * 270;
const FIRST = { width: 1280, height: 720 }; // until a track tells its size

/** @param {number} pixels of an encoding @returns {number} [bit/s] */
const bitrate = (pixels) => (pixels >= THREE ? 2_500_000 : pixels >= TWO ? 700_000 : 180_000);

/** Firefox encodes several sizes of VP8 only. @param {string} codec */
export function canSimulcast(codec) {
  const firefox = navigator.userAgent.includes('Firefox/');
  return codec === 'vp8' || (['h264', 'av1'].includes(codec) && !firefox);
}

/** With VP8 and AV1 frames can be left out for a slow path without a smaller picture. @param {string} codec */
export const temporalLayers = (codec) => (['vp8', 'av1'].includes(codec) ? { scalabilityMode: 'L1T3' } : {});

/** What a camera is offered with. @param {string} codec @returns {any[]} */
export function cameraEncodings(codec) {
  const encodings = RIDS.map((rid) => ({ rid, ...temporalLayers(codec) }));
  shape(encodings, FIRST, null);
  return encodings;
}

/**
 * Sizes, rates and which of them are encoded, for a picture of this size.
 * @param {any[]} encodings of getParameters(), changed
 * @param {{width?: number, height?: number}} size of the track
 * @param {Set<string>|null} needed rids that the server asks for; null: it has not said
 */
export function shape(encodings, { width = FIRST.width, height = FIRST.height }, needed) {
  const pixels = width * height;
  const count = pixels >= THREE ? 3 : pixels >= TWO ? 2 : 1;
  encodings.forEach((encoding, i) => {
    const scale = i < count ? 2 ** (count - 1 - i) : 1;
    encoding.scaleResolutionDownBy = scale;
    encoding.maxBitrate = bitrate(pixels / scale ** 2);
    encoding.active = i === 0 || (i < count && (needed?.has(encoding.rid) ?? true));
  });
}
