// Where a list or a stage has nothing in it: what will be here, and how it comes.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

/** @param {{icon?: string, title: string, text?: string, action?: {label: string, run: () => void}}} e */
export const emptyState = ({ icon: sign, title, text, action }) => html`<div class="empty-state">
  ${sign ? icon(sign) : nothing}
  <h2>${title}</h2>
  ${text ? html`<p class="soft">${text}</p>` : nothing}
  ${action ? html`<button type="button" @click=${action.run}>${action.label}</button>` : nothing}
</div>`;
