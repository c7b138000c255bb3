// Where a picture lies in its box. Pure functions.

const CUT_MOST = 0.15; // of the picture, where it fills the box
const CUT_MOST_ALONE = 0.2; // and where the box is a phone on its side: 16:9 covers one of 20:9

/**
 * @param {{width: number, height: number}} box [px] @param {number} ratio of the picture; 0: not known yet
 * @param {{whole: boolean, alone: boolean}} how nothing of it may be cut; it has the screen for itself
 */
export function pictureRect({ width, height }, ratio, { whole, alone }) {
  const box = width / Math.max(1, height);
  const cut = 1 - Math.min(box / (ratio || box), (ratio || box) / Math.max(0.01, box));
  const fills = !whole && cut <= (alone ? CUT_MOST_ALONE : CUT_MOST);
  const wider = ratio > box;
  const w = ratio === 0 || wider !== fills ? width : height * ratio;
  const h = ratio === 0 ? height : w / ratio;
  return { fills, rect: { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h } };
}
