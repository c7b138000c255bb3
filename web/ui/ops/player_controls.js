// What one presses at the player, and what lies over its picture.

import { html, nothing } from 'lit';
import { icon } from '../parts/icon.js';
import { clock, figure } from '../words/format.js';
import { wantKeys, wantsKeys } from '../keys_wanted.js';
import { t, told } from '../words/words.js';
import { isGrowing, lengthOf } from './programme.js';
import { smallWindow } from './screens.js';
import { isSilent } from './sound.js';
import { labelsOf } from './tracks.js';

/** @typedef {import('./player.js').Player} Player */

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3];

/** @param {string} sign @param {string} text @param {any} [more] */
const said = (sign, text, more = nothing) => html`<div class="cover">${icon(sign)}<p>${text}</p>${more}</div>`;

/** @param {Player} player */
function nothingHere(player) {
  const p = /** @type {import('./playback.js').Playback} */ (player.playback);
  if (p.state === 'empty') {
    const removed = (p.track?.redacted ?? []).length > 0;
    return said('info', removed ? told('ops_gap', 'redacted') ?? '' : t(isGrowing(player.recording) ? 'player.not_yet' : 'player.empty'));
  }
  const gap = player.gaps().find((g) => g.start <= p.now && p.now < g.end);
  return said('info', gap?.label ?? told('ops_gap', 'nothing') ?? '', gap
    ? html`<button type="button" @click=${() => { p.wanted = true; p.seek(gap.end); }}>${t('player.go_on', { time: clock(gap.end) })}</button>` : nothing);
}

/** What lies over the picture. @param {Player} player */
export function cover(player) {
  const p = player.playback;
  switch (p?.state) {
    case undefined: return nothing;
    case 'ready':
    case 'ended': return p.wanted ? nothing : html`<button type="button" class="start" data-control="start" aria-label=${t('player.play')}
      @click=${() => p.toggle()}>${icon('play')}</button>`;
    case 'loading': return html`<div class="cover"><div class="spinner" role="img" aria-label=${t('player.loading')}></div></div>`;
    case 'behind': return said('clock', t('player.behind'));
    case 'broken': return html`<div class="cover" role="alert">${icon('warning')}<p>${player.problem || t('player.loading')}</p>
      <button type="button" @click=${() => p.seek(p.now)}>${t('try_again')}</button></div>`;
    default: return nothingHere(player);
  }
}

/** Which picture, where there are several, and whose sound it has. @param {Player} player */
export function tracksChoice(player) {
  const all = player.tracks();
  const labels = labelsOf(all);
  const shown = player.playback?.track ?? null;
  const sound = player.sound?.track;
  return all.length < 2 ? nothing : html`<label class="which"><span>${t('player.track')}</span>
    <select data-control="track" @change=${(/** @type {Event} */ e) => player.choose(/** @type {HTMLSelectElement} */ (e.target).value)}>
      ${all.map((track) => html`<option value=${track.id} .selected=${track.id === shown?.id}>${labels.get(track.id)}</option>`)}</select></label>
    ${isSilent(shown) ? html`<p class="second soft" data-sound=${sound ? 'own' : 'none'}>${icon(sound ? 'sound' : 'sound-off')}
      <bdi>${sound ? t('player.own_sound', { name: sound.participant ?? '' }) : t('player.no_sound')}</bdi></p>` : nothing}`;
}

/** @param {Player} player */
function speeds({ playback: p }) {
  return html`<label class="choice"><span class="visually-hidden">${t('player.speed')}</span>
    <select data-control="speed" @change=${(/** @type {Event} */ e) => p?.speed(Number(/** @type {HTMLSelectElement} */ (e.target).value))}>
      ${SPEEDS.map((s) => html`<option value=${s} .selected=${s === (p?.rate ?? 1)}>${figure(s)} ×</option>`)}</select></label>`;
}

/** @param {string} id @param {string} sign @param {string} label @param {() => void} run */
const button = (id, sign, label, run) => html`<button type="button" class="quiet" data-control=${id} aria-label=${label} title=${label}
  @click=${run}>${icon(sign)}</button>`;

/** @param {Player} player */
function volume(player) {
  const video = player.playback?.video;
  const silent = Boolean(video?.muted) || video?.volume === 0;
  const percent = silent ? 0 : Math.round((video?.volume ?? 1) * 100);
  return html`${button('mute', silent ? 'sound-off' : 'sound', t(silent ? 'player.unmute' : 'player.mute'), () => player.mute())}
    <input type="range" class="volume" data-control="volume" min="0" max="100" step="5" aria-label=${t('player.volume')}
      aria-valuetext="${percent} %" .value=${String(percent)}
      @input=${(/** @type {Event} */ e) => player.volume(Number(/** @type {HTMLInputElement} */ (e.target).value) / 100)} />`;
}

/** @param {Player} player */
export function buttons(player) {
  const p = player.playback;
  return html`<div class="buttons" role="group" aria-label=${t('player.controls')}>
    ${button('play', p?.wanted ? 'pause' : 'play', t(p?.wanted ? 'player.pause' : 'player.play'), () => p?.toggle())}
    ${button('earlier', 'earlier', t('player.earlier'), () => player.jump(-10))}
    ${button('later', 'later', t('player.later'), () => player.jump(10))}
    <span class="time figures">${clock(p?.now ?? 0)} <span class="soft">/ ${clock(lengthOf(player.recording))}</span></span>
    <span class="space"></span>
    ${volume(player)}
    ${speeds(player)}
    ${document.pictureInPictureEnabled ? button('pip', 'pip', t('player.pip'), () => smallWindow(p?.video)) : nothing}
    ${button('keys', wantsKeys() ? 'keyboard' : 'keyboard-off', t(wantsKeys() ? 'player.keys_off' : 'player.keys_on'), () => {
      wantKeys(!wantsKeys());
      player.requestUpdate();
    })}
    ${button('fullscreen', 'fullscreen', t('player.fullscreen'), () => player.fullscreen())}</div>`;
}
