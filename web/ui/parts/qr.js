// A link that a phone's camera reads: dark on light whatever the page looks like, for many readers want it so. It is
// made without lit, with which it would be one file more for a page that never shows it.

import { encode } from 'uqr';

const QUIET = 4; // modules of margin (ISO/IEC 18004)
const SVG = 'http://www.w3.org/2000/svg';

/** @param {boolean[]} row @param {number} y */
const runs = (row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('');

/** @param {string} name @param {Record<string, string>} attributes */
function element(name, attributes) {
  const node = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  return node;
}

/** @param {string} text @param {string} label what it is, for who does not see it @returns {Element} */
export function qr(text, label) {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET });
  const code = element('svg', { class: 'qr', viewBox: `0 0 ${size} ${size}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' });
  code.append(element('path', { d: data.map(runs).join('') }));
  return code;
}
