// A link that a phone's camera reads: dark on light whatever the page looks like, for many readers want it so.

import { html, svg } from 'lit';
import { encode } from 'uqr';

const QUIET = 4; // modules of margin (ISO/IEC 18004)

/** @param {boolean[]} row @param {number} y */
const runs = (row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')).join('');

/** @param {string} text @param {string} label what it is, for who does not see it */
export function qr(text, label) {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET });
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label=${label} shape-rendering="crispEdges">${
    svg`<path d=${data.map(runs).join('')}></path>`}</svg>`;
}
