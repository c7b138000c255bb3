// <oriel-modal>: something to look at or do, over everything else: Esc, the cross and a touch beside it close it, and
// the focus goes back to what opened it. On a phone it comes up from below.

import { html, nothing } from 'lit';
import { define, Part } from './element.js';
import { icon } from './icon.js';
import { t } from '../words/words.js';

export class Modal extends Part {
  static properties = { label: {}, open: { type: Boolean }, content: { attribute: false } };

  constructor() {
    super();
    this.label = '';
    this.open = false;
    /** @type {any} a template */
    this.content = nothing;
  }

  get dialog() {
    return /** @type {HTMLDialogElement|null} */ (this.querySelector('dialog'));
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    const { dialog } = this;
    if (!changed.has('open') || !dialog) {
      return;
    }
    if (this.open && !dialog.open) {
      dialog.showModal();
    } else if (!this.open && dialog.open) {
      dialog.close();
    }
  }

  /** A touch beside it. @param {MouseEvent} event */
  beside(event) {
    if (event.target === this.dialog) {
      this.dialog?.close();
    }
  }

  render() {
    return html`<dialog class="modal charcoal" aria-label=${this.label} @close=${() => this.tell('shut')}
      @click=${this.beside}>
      <div class="modal-body"><header><h2 tabindex="-1" autofocus>${this.label}</h2>
        <button type="button" class="quiet" aria-label=${t('close')} @click=${() => this.dialog?.close()}>${icon('close')}</button></header>
        <div class="content">${this.open ? this.content : nothing}</div></div>
    </dialog>`;
  }
}

define('oriel-modal', Modal);
