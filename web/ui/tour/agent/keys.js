// Keys for who sits at a desk. They do nothing while one writes, or while something else is asked, nor once one has
// switched them off.

import { html } from 'lit';
import { menuItem } from '../../parts/menu_item.js';
import { wantKeys, wantsKeys } from '../../keys_wanted.js';
import { t } from '../../words/words.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */

/** @type {[string, 'microphone'|'camera'|'screen'|'people'|'talk'|'rooms'|'point'|'keys'][]} */
const KEYS = [['m', 'microphone'], ['v', 'camera'], ['s', 'screen'], ['q', 'talk'], ['h', 'people'], ['r', 'rooms'], ['p', 'point'],
  ['?', 'keys']];

const FINE = matchMedia('(any-pointer: fine)'); // a mouse, as one has with a keyboard; a phone has neither

/** There may be a keyboard: keys do something, and the switch for that is to be had. @param {HostDesk} desk */
export const hasKeys = (desk) => desk.wide || FINE.matches;

/** @param {EventTarget|null} at */
const writes = (at) => at instanceof HTMLElement
  && (at.isContentEditable || ['TEXTAREA', 'SELECT'].includes(at.tagName)
    || (at instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(at.type)));

/** @param {KeyboardEvent} event @param {HostDesk} desk */
export function onKey(event, desk) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented
    || !wantsKeys() || !hasKeys(desk) || writes(event.composedPath()[0]) || document.querySelector('dialog[open]')) {
    return;
  }
  const what = KEYS.find(([key]) => key === event.key.toLowerCase())?.[1];
  if (!what) {
    return;
  }
  event.preventDefault();
  const { model, live } = desk;
  if (what === 'microphone' || what === 'camera' || what === 'screen') {
    if (model.own.tracks[what] || model.client.maySend(what)) {
      model.own.toggle(what);
    }
  } else if (what === 'point') {
    desk.point(!desk.pointing);
  } else if (what === 'keys') {
    desk.ask({ at: 'keys' });
  } else {
    live.toggle(what);
  }
}

/** @param {HostDesk} desk */
export const keysHelp = (desk) => html`<p class="soft">${t('keys.help')}</p>
  <div class="menu">${menuItem({ id: 'keys_wanted', icon: 'keyboard', label: t('keys.wanted'), on: wantsKeys(), run: () => {
    wantKeys(!wantsKeys());
    desk.live.requestUpdate();
  } })}</div><dl class="keys">${KEYS.map(([key, what]) => html`<div><dt><kbd>${key.toUpperCase()}</kbd></dt>
  <dd>${t(`keys.${what}`)}</dd></div>`)}</dl>`;
