// <oriel-tour> for pages of other people, which load /assets/embed.js and /assets/embed.css: docs/pages.md. The former
// (web/build.mjs) takes this in the language of the page that it is in; everything else of that page is left alone.

import '../tour/tour.js'; // elements that are there already come to life
