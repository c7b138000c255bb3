// <oriel-invite>: a link for one more buyer, to copy, to hand on, or to read from the screen; and one's own, for a
// second device.

import { html, nothing } from 'lit';
import { define, Part } from '../../parts/element.js';
import { icon } from '../../parts/icon.js';
import { timeOfDay } from '../../words/format.js';
import { t } from '../../words/words.js';
import { errorWords } from '../problems.js';

/** @typedef {import('../model.js').TourModel} TourModel */

const NAME_LENGTH = 60;

/** When a link is no good any more, as far as it says so [ms, as Date.now]. @param {string} token */
function endOf(token) {
  try {
    const { exp } = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null; // the server will say
  }
}

/** By what is said of it one knows whose link it is. */
export class Invite extends Part {
  static properties = { model: { attribute: false }, link: { state: true }, failed: { state: true }, busy: { state: true }, copied: { state: true } };

  constructor() {
    super();
    /** @type {TourModel|null} */
    this.model = null;
    /** @type {{url: string, text: string}|null} */
    this.link = null;
    this.failed = '';
    this.busy = false;
    this.copied = false;
    /** @type {((text: string, label: string) => any)|null} */
    this.draw = null;
  }

  /** @param {{url: string, text: string}} link */
  async show(link) {
    this.draw ??= (await import('../../parts/qr.js').catch(() => null))?.qr ?? null;
    this.copied = false;
    this.link = link;
    await this.updateComplete;
    /** @type {HTMLElement|null} */ (this.querySelector('.made p'))?.focus();
  }

  /** @param {SubmitEvent} event */
  async make(event) {
    event.preventDefault();
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get('name') ?? '').trim();
    this.busy = true;
    this.failed = '';
    try {
      const made = await this.model?.client.invite(name || undefined);
      if (made) {
        const time = timeOfDay(made.expires_at);
        await this.show({ url: made.url, text: name ? t('invite.for', { name, time }) : t('invite.for_one', { time }) });
      }
    } catch (error) {
      this.failed = errorWords(error);
    }
    this.busy = false;
  }

  /** Our own link, as we came by it. */
  own() {
    const { client, tour, own, isAgent } = /** @type {TourModel} */ (this.model);
    const until = endOf(client.token);
    this.link = null;
    if (own.tracks.screen) { // everybody would see it, and whoever watches the recording
      this.failed = t('invite.own_shares');
    } else if (until && until <= Date.now()) {
      this.failed = t('invite.own_over');
    } else {
      this.failed = '';
      this.show({ url: `${location.origin}/${isAgent ? 'agent' : 't'}/${tour?.name}#${client.token}`,
        text: `${t('invite.own_text')}${until ? ` ${t('invite.own_until', { time: timeOfDay(new Date(until).toISOString()) })}` : ''}` });
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.link?.url ?? '');
      this.copied = true;
    } catch {
      /** @type {HTMLInputElement|null} */ (this.querySelector('.made input'))?.select(); // by hand, then
    }
  }

  async share() {
    const title = this.model?.tour?.title ?? '';
    await navigator.share({ title, url: this.link?.url }).catch(() => undefined); // it was thought better of
  }

  made() {
    const { link } = this;
    if (!link) {
      return nothing;
    }
    return html`<section class="made">
      <p tabindex="-1" role="status">${link.text}</p>
      ${this.draw ? this.draw(link.url, t('invite.qr')) : nothing}
      <label><span>${t('invite.link')}</span><input readonly .value=${link.url} @focus=${(/** @type {Event} */ e) => /** @type {HTMLInputElement} */ (e.target).select()} /></label>
      <div class="line"><button type="button" class="primary" data-do="copy" @click=${this.copy}>${icon(this.copied ? 'check' : 'copy')}<span
          role="status">${t(this.copied ? 'invite.copied' : 'invite.copy')}</span></button>
        ${'share' in navigator ? html`<button type="button" data-do="share" @click=${this.share}>${icon('send')}${t('invite.share')}</button>` : nothing}</div>
    </section>`;
  }

  render() {
    return html`<form @submit=${this.make}>
        <label><span>${t('invite.name')}</span><input name="name" maxlength=${NAME_LENGTH} autocomplete="off" /></label>
        <button type="submit" class="primary" data-do="make" ?disabled=${this.busy}>${t('invite.make')}</button>
      </form>
      ${this.failed ? html`<p class="problem" role="alert">${this.failed}</p>` : nothing}
      ${this.made()}
      <button type="button" class="quiet" data-do="own" @click=${this.own}>${icon('phone')}${t('invite.own')}</button>`;
  }
}

define('oriel-invite', Invite);
