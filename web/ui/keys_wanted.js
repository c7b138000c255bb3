// Whether letters do something where nobody writes. Who speaks to a computer, or trembles, would press them without
// wanting it, and switches that off (WCAG 2.1.4); this browser remembers it, as far as it keeps anything.

const KEY = 'oriel.keys';
const OFF = 'off';

/** @returns {boolean} */
function kept() {
  try {
    return localStorage.getItem(KEY) !== OFF;
  } catch {
    return true;
  }
}

let wanted = kept();

export const wantsKeys = () => wanted;

/** @param {boolean} on */
export function wantKeys(on) {
  wanted = on;
  try {
    localStorage.setItem(KEY, on ? '' : OFF);
  } catch {
    // As long as the page is open.
  }
}
