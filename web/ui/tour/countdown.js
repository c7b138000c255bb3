// <oriel-countdown>: how long until something begins, to the minute, and to the second in the last one.

import { html, nothing } from 'lit';
import { define, Part } from '../parts/element.js';
import { until } from '../words/format.js';
import { t } from '../words/words.js';

export class Countdown extends Part {
  static properties = { at: {} };

  constructor() {
    super();
    this.at = '';
  }

  connectedCallback() {
    super.connectedCallback();
    this.every(1000);
  }

  render() {
    const seconds = (Date.parse(this.at) - Date.now()) / 1000;
    if (Number.isNaN(seconds)) {
      return nothing;
    }
    return html`<p class="countdown figures" role="timer">${seconds > 0 ? t('waiting.begins', { when: until(seconds) }) : t('waiting.due')}</p>`;
  }
}

define('oriel-countdown', Countdown);
