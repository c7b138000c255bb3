// The page of operations staff: `<oriel-ops>` alone, in the language of the browser.

import { OPS_WORDS } from '../words/ops.js';
import { speak } from '../words/words.js';
import './icons.js';
import './ops.js';

await speak(navigator.languages, OPS_WORDS);
/** @type {HTMLElement} */ (document.getElementById('app')).replaceChildren(document.createElement('oriel-ops'));
