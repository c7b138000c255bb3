// How much room there is, and so how a tour lies in it: live.css has what each of them looks like.
//   upright: a phone, or a narrow window      side: a phone on its side, the stage is everything
//   drawer:  a tablet, the panel comes over   desk: room for all of it at once

/** @typedef {'upright'|'side'|'drawer'|'desk'} Layout */

const SIDE = matchMedia('(max-height: 499px) and (orientation: landscape)');
const DESK = matchMedia('(min-width: 1100px)');
const DRAWER = matchMedia('(min-width: 760px)');

/** @returns {Layout} */
export function layoutNow() {
  if (SIDE.matches) {
    return 'side';
  }
  return DESK.matches ? 'desk' : DRAWER.matches ? 'drawer' : 'upright';
}

/** What tells that it may be another: each has `change`. */
export const LAYOUT_CHANGES = [SIDE, DESK, DRAWER];
