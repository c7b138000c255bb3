// The page of a tour: `<oriel-tour>` alone, in the language of the browser.

import { speak } from '../words/words.js';
import './tour.js';

await speak();
/** @type {HTMLElement} */ (document.getElementById('app')).replaceChildren(
  Object.assign(document.createElement('oriel-tour'), { wholePage: true, link: location.href }));
