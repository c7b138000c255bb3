// /dev/components: the catalogue, for who builds and judges the parts. `#Part` shows one of them alone.

import { html, render } from 'lit';
import words from '../words/en_ops.js';
import { say, speakOf } from '../words/words.js';
import '../ops/icons.js';
import '../tour/agent/icons.js';
import { CATALOGUE } from './catalogue.js';

function draw() {
  const only = decodeURIComponent(location.hash.slice(1));
  const shown = CATALOGUE.filter((entry) => !only || entry.part === only);
  render(html`<div class="catalogue">
    <h1>Components</h1>
    <nav aria-label="Parts"><a href="#">All</a>${CATALOGUE.map(({ part }) => html`<a href="#${part}">${part}</a>`)}</nav>
    ${shown.map(({ part, states }) => html`<section data-part=${part}><h2>${part}</h2>
      <div class="states">${states.map((state) => html`<figure class=${state.wide ? 'wide' : ''}>
        <figcaption class="meta soft">${state.name}</figcaption>
        <div class="sample ${state.charcoal ? 'charcoal' : ''}">${state.draw()}</div></figure>`)}</div></section>`)}
  </div>`, /** @type {HTMLElement} */ (document.getElementById('app')));
}

say(words);
await Promise.all([speakOf('tour'), speakOf('agent')]);
window.addEventListener('hashchange', draw);
document.getElementById('app')?.replaceChildren();
draw();
