// The page of operations staff: `<oriel-ops>` alone, in the language of the browser.

import { speak } from '../words/words.js';
import './ops.js';

await speak();
/** @type {HTMLElement} */ (document.getElementById('app')).replaceChildren(document.createElement('oriel-ops'));
