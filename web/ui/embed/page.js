// <oriel-tour> for pages of other people, which load /assets/embed.js and /assets/embed.css: docs/pages.md. It speaks
// the language of the page that it is in, and leaves everything else of that page alone.

import { speak } from '../words/words.js';

const { lang } = document.documentElement;
await speak(lang ? [lang] : navigator.languages);
document.documentElement.lang = lang;
await import('../tour/tour.js'); // elements that are there already come to life with the right words
