// Where a picture lies in its box. Pure functions.

const CUT_MOST = 0.15; // of the picture, where it fills the box

/**
 * @param {{width: number, height: number}} box [px] @param {number} ratio of the picture; 0: not known yet
 * @param {boolean} whole nothing of it may be cut
 */
export function pictureRect({ width, height }, ratio, whole) {
  const box = width / Math.max(1, height);
  const cut = 1 - Math.min(box / (ratio || box), (ratio || box) / Math.max(0.01, box));
  const fills = !whole && cut <= CUT_MOST;
  const wider = ratio > box;
  const w = ratio === 0 || wider !== fills ? width : height * ratio;
  const h = ratio === 0 ? height : w / ratio;
  return { fills, rect: { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h } };
}
