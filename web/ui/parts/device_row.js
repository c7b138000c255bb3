// A camera, a microphone or a loudspeaker before the tour: on or off, which one, and what is wrong with it. It is as
// high when it is on as when it is off, so that nothing jumps.

import { html, nothing } from 'lit';
import { icon } from './icon.js';

/**
 * @typedef {object} DeviceRow
 * @property {string} id `data-device`
 * @property {string} icon
 * @property {string} name
 * @property {string} state "Off", or what it is called
 * @property {boolean} [on] a switch, and how it stands
 * @property {boolean} [busy] it is being opened
 * @property {boolean} [meter] it has one
 * @property {{id: string, label: string}[]} [choices] where there are several
 * @property {string} [chosen]
 * @property {string} [problem]
 * @property {string} [retry] what the button below the problem says
 * @property {() => void} run
 * @property {(id: string) => void} [choose]
 */

/** @param {DeviceRow} r */
function chooser(r) {
  const { choices = [], choose } = r;
  return choices.length < 2 || !choose ? nothing : html`<span class="chooser">${icon('down')}<select aria-label=${r.name}
    @change=${(/** @type {Event} */ e) => choose(/** @type {HTMLSelectElement} */ (e.target).value)}>
    ${choices.map((c) => html`<option value=${c.id} .selected=${c.id === r.chosen}>${c.label}</option>`)}</select></span>`;
}

/** @param {DeviceRow} r */
export function deviceRow(r) {
  return html`<div class="device ${r.on ? 'on' : ''}">
    <div class="device-line">
      <button type="button" class="device-switch" data-device=${r.id} aria-pressed=${r.on === undefined ? nothing : String(r.on)}
          aria-busy=${r.busy ? 'true' : nothing} @click=${r.run}>
        ${icon(r.icon)}
        <span class="device-words"><span>${r.name}</span><span class="device-state one-line">${r.state}</span></span>
        ${r.on === undefined ? nothing : html`<span class="switch" aria-hidden="true"></span>`}
      </button>
      ${chooser(r)}
      ${r.meter ? html`<span class="meter" data-meter=${r.id} aria-hidden="true"><span></span></span>` : nothing}
    </div>
    ${r.problem ? html`<div class="problem" role="alert"><p>${r.problem}</p>
      <button type="button" data-retry=${r.id} @click=${r.run}>${r.retry}</button></div>` : nothing}
  </div>`;
}
