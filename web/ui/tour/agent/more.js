// What a host does now and then: behind one button.

import { html, nothing } from 'lit';
import { menuItem } from '../../parts/menu_item.js';
import { t } from '../../words/words.js';
import { endTour } from './goodbye.js';
import { hasKeys } from './keys.js';
import { recordItems } from './recording.js';

/** @typedef {import('./desk.js').HostDesk} HostDesk */

/** What the bar of a phone has no room for. @param {HostDesk} desk */
function ofPhones({ model: { own, client } }) {
  const camera = Boolean(own.tracks.camera);
  return html`<div class="menu">
    ${client.maySend('camera') || camera ? menuItem({ id: 'camera', icon: camera ? 'camera' : 'camera-off', label: t('device.camera'), on: camera,
      run: () => own.toggle('camera') }) : nothing}
    ${own.canShareScreen ? menuItem({ id: 'screen', icon: 'screen', label: t('agent.screen'), on: Boolean(own.tracks.screen),
      run: () => own.toggle('screen') }) : nothing}</div>`;
}

/** @param {HostDesk} desk @param {() => void} shut */
function ofTheRoom(desk, shut) {
  const { model } = desk;
  const { client, tour } = model;
  const locked = Boolean(tour?.locked);
  const lobby = Boolean(tour?.lobby);
  const asks = (/** @type {'invite'|'mute'|'keys'} */ at) => () => {
    shut();
    desk.ask({ at });
  };
  return html`<div class="menu">
    ${menuItem({ id: 'invite', icon: 'person', label: t('agent.invite'), run: asks('invite') })}
    ${menuItem({ id: 'mute_all', icon: 'microphone-off', label: t('agent.mute_all'), run: asks('mute') })}
    ${menuItem({ id: 'lobby', icon: 'people', label: t('agent.lobby'), hint: t('agent.lobby_hint'), on: lobby,
      run: () => model.attempt(() => client.requireAdmission(!lobby)) })}
    ${menuItem({ id: 'lock', icon: locked ? 'lock' : 'unlock', label: t('agent.lock'), hint: t('agent.lock_hint'), on: locked,
      run: () => model.attempt(() => client.lock(!locked)) })}
    ${menuItem({ id: 'hear', icon: 'ear', label: t('hear.title'), run: () => desk.live.toggle('hear') })}
    ${hasKeys(desk) ? menuItem({ id: 'keys', icon: 'keyboard', label: t('agent.keys'), run: asks('keys') }) : nothing}</div>`;
}

/** @param {HostDesk} desk */
export function morePanel(desk) {
  const { live, model } = desk;
  const shut = () => /** @type {import('../../parts/sheet.js').Sheet|null} */ (live.querySelector('oriel-sheet.over'))?.shut();
  const out = (/** @type {() => any} */ go) => () => {
    shut();
    go();
  };
  return html`${desk.wide ? nothing : ofPhones(desk)}
    <div class="menu">${recordItems(model)}</div>
    ${ofTheRoom(desk, shut)}
    ${desk.wide ? nothing : html`<div class="menu">
      ${live.layout === 'upright' ? nothing : menuItem({ id: 'leave', icon: 'leave', label: t('bar.leave'), run: out(() => desk.leave()) })}
      ${menuItem({ id: 'end', icon: 'stop', label: t('bar.end'), kind: 'danger', run: out(() => endTour(model)) })}</div>`}`;
}
