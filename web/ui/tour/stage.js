// <oriel-stage>: the main picture, whole, with what is said about it.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { t } from '../words/words.js';
import '../parts/tile.js';

export class Stage extends Part {
  static properties = { picture: { attribute: false }, speaking: { type: Boolean }, lost: { type: Boolean }, empty: { attribute: false } };

  constructor() {
    super();
    /** @type {import('./main_picture.js').Picture|null} */
    this.picture = null;
    this.speaking = false;
    /** nothing comes now, and we try to get it back */
    this.lost = false;
    /** @type {any} what is here where nobody shows anything */
    this.empty = nothing;
  }

  render() {
    const { picture } = this;
    return html`<oriel-tile class="main" ?hidden=${!picture?.participant} .track=${picture?.track ?? null} .name=${picture?.name ?? ''}
        .label=${picture?.label ?? ''} .speaking=${this.speaking && !picture?.own} .paused=${Boolean(picture?.paused)}></oriel-tile>
      ${picture?.participant ? nothing : this.empty}
      ${this.lost ? html`<div class="lost" role="alert"><div class="spinner"></div><p>${t('tour.reconnecting')}</p></div>` : nothing}`;
  }
}

define('oriel-stage', Stage);
