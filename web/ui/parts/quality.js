// How good the own connection is: nothing while it is, else a sign with its sentence.

import { html, nothing } from 'lit';
import { icon } from './icon.js';
import { t } from '../words/words.js';

/** @param {import('../../lib/types.js').Quality} quality */
export const qualitySign = (quality) => (quality === 'fair' || quality === 'poor'
  ? html`<span class="quality ${quality}" title=${t(`quality.own.${quality}`)}>${icon(quality, t(`quality.own.${quality}`))}</span>`
  : nothing);
