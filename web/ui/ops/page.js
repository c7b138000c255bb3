// The page of operations staff: `<oriel-ops>` alone, in the language of the browser.

import words from '../words/en_ops.js';
import { say } from '../words/words.js';
import './icons.js';
import './ops.js';

say(words);
/** @type {HTMLElement} */ (document.getElementById('app')).replaceChildren(document.createElement('oriel-ops'));
