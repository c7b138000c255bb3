// The page of a tour: `<oriel-tour>` alone, in the language of the browser.

import './tour.js';

/** @type {HTMLElement} */ (document.getElementById('app')).replaceChildren(
  Object.assign(document.createElement('oriel-tour'), { wholePage: true, link: location.href }));
