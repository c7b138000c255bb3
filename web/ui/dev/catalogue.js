// Every part in every state, with made-up people. A part that is not here is not finished.

import { html } from 'lit';
import { avatar } from '../parts/avatar.js';
import { banner } from '../parts/banner.js';
import { controlButton } from '../parts/control_button.js';
import { ask, choose } from '../parts/dialog.js';
import { askText } from '../parts/dialog_text.js';
import { emptyState } from '../parts/empty_state.js';
import { lanes } from '../parts/lanes.js';
import { menuItem } from '../parts/menu_item.js';
import { notice } from '../parts/notice.js';
import { deviceRow } from '../parts/device_row.js';
import { personMenu } from '../parts/person_menu.js';
import { personRow } from '../parts/person_row.js';
import { contact, propertyCard } from '../parts/property_card.js';
import { qualitySign } from '../parts/quality.js';
import { qr } from '../parts/qr.js';
import { message, questionCard } from '../parts/question_card.js';
import { recBadge } from '../parts/rec_badge.js';
import { tabRow } from '../parts/tab_row.js';
import { toast } from '../parts/toast.js';
import { tabs } from '../parts/tabs.js';
import '../parts/search_field.js';
import '../parts/modal.js';
import '../parts/sheet.js';
import '../parts/tile.js';
import '../parts/timeline.js';
import { END_PARTS } from './catalogue_ends.js';
import { OPS_PARTS } from './catalogue_ops.js';
import { PROOF_PARTS } from './catalogue_proof.js';
import { TOUR_PARTS } from './catalogue_tour.js';
import { picture } from './picture.js';

/**
 * @typedef {object} State
 * @property {string} name
 * @property {() => any} draw
 * @property {boolean} [charcoal] as in a tour
 * @property {boolean} [wide] needs the whole line
 */
/** @typedef {{part: string, states: State[]}} Entry */

const LONG = 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe and the Isles, who also has a second line';
const nothing = () => {};

/** @param {number} seconds */
const ago = (seconds) => Date.now() - 1000 * seconds;

/** @type {import('../../lib/types.js').Capabilities} */
const CAN = { audio: 'both', camera: 'both', screen: 'receive', chat: true, point: false };

/** @param {Partial<import('../../lib/types.js').Participant>} p @returns {import('../../lib/types.js').Participant} */
const person = (p) => ({ id: 'p1', name: 'Bea Lindqvist', role: 'buyer', host: false, link: 'ok', connected: true,
  sources: { microphone: 'on', camera: 'off', screen: 'off' }, ...p });

/** @param {Record<string, any>} property @returns {any} */
const shown = (property) => ({ name: 'demo', title: 'Demo tour', property });

const HOUSE = shown({ title: 'A sunny house by the park', address: '12 Elm Street, Millbrook', price: '$640,000',
  facts: ['3 rooms', '84 m²', 'Garden'], photo: '/assets/demo/house.svg',
  agency: { name: 'Hearth & Key', logo: '/assets/demo/agency.svg', url: 'https://agency.example', phone: '+1 555 0100' },
  agent: { name: 'Maya Lindqvist', photo: '/assets/demo/agent.svg', phone: '+1 555 0123' } });

/** @type {Omit<import('../parts/device_row.js').DeviceRow, 'run'>} */
const MICROPHONE = { id: 'microphone', icon: 'microphone', name: 'Microphone', state: 'Built-in microphone', on: true, meter: true };
/** @param {Partial<import('../parts/question_card.js').Asked>} q @returns {import('../parts/question_card.js').Asked} */
const question = (q) => ({ id: 'q1', name: 'Cy', mine: false, text: 'How old is the boiler?', state: 'open', answer: '', ...q });

/** @type {Entry[]} */
export const CATALOGUE = [
  { part: 'Avatar', states: [
    { name: 'small', draw: () => html`${['Ada Lovelace', 'Bea', 'Cy Young', 'Dee Dee', 'Eve', 'Fay Wray', '李雷', ''].map((n) => avatar(n))}` },
    { name: 'large', draw: () => html`${['Ada Lovelace', 'Bo'].map((n) => avatar(n, 'large'))}` }] },
  { part: 'ControlButton', states: [
    { name: 'devices', charcoal: true, draw: () => html`
      ${controlButton({ id: 'microphone', label: 'Mic', pressed: true, kind: 'device', run: nothing })}
      ${controlButton({ id: 'camera', icon: 'camera-off', label: 'Camera', pressed: false, kind: 'device', run: nothing })}
      ${controlButton({ id: 'hand', label: 'Hand', disabled: true, hint: 'The host has closed hands.', run: nothing })}` },
    { name: 'pressed, badge, open', charcoal: true, draw: () => html`
      ${controlButton({ id: 'screen', icon: 'screen-off', label: 'Stop sharing', pressed: true, kind: 'live', run: nothing })}
      ${controlButton({ id: 'question', label: 'Ask', badge: 3, run: nothing })}
      ${controlButton({ id: 'people', label: 'People', expanded: true, badge: 12, run: nothing })}
      ${controlButton({ id: 'end', icon: 'stop', label: 'End tour', kind: 'end', run: nothing })}` }] },
  { part: 'RecBadge', states: [
    { name: 'recording', charcoal: true, draw: () => html`${recBadge('on')} ${recBadge('on', ago(724))} ${recBadge('on', ago(4000))}` },
    { name: 'little room', charcoal: true, draw: () => html`${recBadge('on', null, true)} ${recBadge('on', ago(724), true)}` },
    { name: 'paused, failing', charcoal: true, draw: () => html`${recBadge('paused')} ${recBadge('failing')}` },
    { name: 'by day', draw: () => html`${recBadge('on', ago(12))} ${recBadge('paused')} ${recBadge('failing')}` }] },
  { part: 'Banner', states: [
    { name: 'information', wide: true, draw: () => banner({ text: 'Ann turned her camera off. She can still hear you.', close: nothing, closeLabel: 'Close' }) },
    { name: 'it needs you', wide: true, draw: () => banner({ kind: 'need', text: 'Recording isn’t being saved. Keep going; we’ve told the office.' }) },
    { name: 'lost', wide: true, draw: () => banner({ kind: 'lost', text: 'Your connection dropped. Getting you back…', action: { label: 'Try now', run: nothing } }) },
    { name: 'good, in a tour', wide: true, charcoal: true, draw: () => banner({ kind: 'good', text: 'You are back.' }) }] },
  { part: 'Tile', states: [
    { name: 'picture', charcoal: true, draw: () => tile({ name: 'Bea Lindqvist' }, true) },
    { name: 'speaking', charcoal: true, draw: () => tile({ name: 'Bea', speaking: true }, true) },
    { name: 'paused', charcoal: true, draw: () => tile({ name: 'Bea', paused: true }, true) },
    { name: 'no camera', charcoal: true, draw: () => tile({ name: 'Cy Young', muted: true }, false) },
    { name: 'hand up, long name', charcoal: true, draw: () => tile({ name: LONG, hand: true }, false) }] },
  { part: 'PersonRow', states: [
    { name: 'in a tour', charcoal: true, wide: true, draw: () => html`<ul>
      ${personRow({ person: person({ name: 'Ann Agent', host: true, role: 'agent', sources: { microphone: 'on', camera: 'on', screen: 'on' } }), speaking: true })}
      ${personRow({ person: person({}), me: true })}
      ${personRow({ person: person({ name: LONG, hand: '2026-01-01T00:00:00Z', sources: { microphone: 'off', camera: 'off', screen: 'off' } }), quality: 'poor' })}
      ${personRow({ person: person({ name: 'Cy', link: 'lost', device: 2 }), quality: 'fair' })}
      ${personRow({ person: person({ name: 'Ops', role: 'ops' }) })}</ul>` }] },
  { part: 'PropertyCard', states: [
    { name: 'whole, nobody hosts yet', wide: true, draw: () => propertyCard({ tour: { ...HOUSE, state: 'waiting' }, waits: true }) },
    { name: 'whole, the host is here', wide: true, draw: () => propertyCard({ tour: { ...HOUSE, led_by: HOUSE.property.agent.name }, waits: true }) },
    { name: 'whole, somebody else hosts', wide: true, draw: () => propertyCard({ tour: { ...HOUSE, led_by: 'Otto Grün' }, waits: true }) },
    { name: 'nothing is known', wide: true, draw: () => propertyCard({ tour: shown({}) }) },
    { name: 'no photo, long', wide: true, draw: () => propertyCard({ tour: shown({ address: LONG, facts: [LONG, 'x'], agent: { name: LONG } }) }) },
    { name: 'malicious', wide: true, draw: () => propertyCard({ tour: shown({ title: '<b>bold</b>', photo: 'javascript:alert(1)', price: 7, facts: 'none',
      agency: { url: 'javascript:alert(1)', name: ['x'] }, agent: null }) }) },
    { name: 'how to reach them', wide: true, draw: () => contact(HOUSE) }] },
  { part: 'DeviceRow', states: [
    { name: 'on, with others to choose', wide: true, draw: () => deviceRow({ ...MICROPHONE, chosen: 'b', run: nothing, choose: nothing,
      choices: [{ id: 'a', label: 'Built-in' }, { id: 'b', label: 'Headset' }] }) },
    { name: 'off, long', wide: true, draw: () => deviceRow({ ...MICROPHONE, icon: 'microphone-off', state: LONG, on: false, run: nothing }) },
    { name: 'a problem', wide: true, draw: () => deviceRow({ ...MICROPHONE, icon: 'microphone-off', state: 'Off', on: false, run: nothing, retry: 'Try again',
      problem: 'Microphone: The browser did not allow it. Allow it next to the address bar and try again.' }) },
    { name: 'to try', wide: true, draw: () => deviceRow({ id: 'speaker', icon: 'sound', name: 'Loudspeaker', state: 'Play a test sound', run: nothing }) }] },
  { part: 'Quality', states: [
    { name: 'good (nothing), fair, poor', charcoal: true, draw: () => html`${qualitySign('good')} ${qualitySign('fair')} ${qualitySign('poor')}` }] },
  { part: 'TabRow', states: [
    { name: 'with a badge', charcoal: true, wide: true, draw: () => tabRow({ label: 'Parts of the panel', now: 'b', choose: nothing,
      tabs: [{ id: 'a', label: 'Questions', badge: 3 }, { id: 'b', label: 'Plan' }, { id: 'c', label: 'People' }] }) }] },
  { part: 'QuestionCard', states: [
    { name: 'open', charcoal: true, draw: () => questionCard(question({ mine: true })) },
    { name: 'answered by voice, in writing', charcoal: true, draw: () => html`${questionCard(question({ state: 'answered' }))}
      ${questionCard(question({ name: LONG, state: 'answered', answer: 'From 2019.\nIt is serviced each May.' }))}` },
    { name: 'put aside', charcoal: true, draw: () => questionCard(question({ state: 'dismissed' })) },
    { name: 'chat', charcoal: true, draw: () => html`${message({ name: LONG, text: 'Hello!', mine: false })}
      ${message({ name: 'Bea', text: 'Good morning.', mine: true })}${message({ name: 'Cy', text: 'Is it quiet?', mine: false, toHosts: true })}` }] },
  { part: 'MenuItem', states: [
    { name: 'plain, with a hint, a badge', charcoal: true, wide: true, draw: () => html`<div class="menu">
      ${menuItem({ id: 'a', icon: 'person', label: 'Invite somebody', run: nothing })}
      ${menuItem({ id: 'b', icon: 'record', label: 'Start recording', hint: 'Everybody here has agreed to it.', run: nothing })}
      ${menuItem({ id: 'c', icon: 'people', label: LONG, badge: 12, run: nothing })}
      ${menuItem({ id: 'd', icon: 'leave', label: 'Remove', kind: 'danger', run: nothing })}</div>` },
    { name: 'switches', charcoal: true, wide: true, draw: () => html`<div class="menu">
      ${menuItem({ id: 'e', icon: 'microphone', label: 'Microphone', on: true, run: nothing })}
      ${menuItem({ id: 'f', icon: 'lock', label: 'Close the tour', hint: 'Nobody else can come in.', on: false, run: nothing })}</div>` }] },
  { part: 'PersonMenu', states: [
    { name: 'a guest, hand up, all on', charcoal: true, wide: true, draw: () => personMenu({ can: CAN, run: nothing, allow: nothing,
      person: person({ hand: '2026-01-01T00:00:00Z', sources: { microphone: 'on', camera: 'on', screen: 'on' } }) }) },
    { name: 'a guest in the spotlight, all off', charcoal: true, wide: true, draw: () => personMenu({ can: { ...CAN, audio: 'receive', chat: false }, spotlit: true, run: nothing, allow: nothing,
      person: person({ sources: { microphone: 'off', camera: 'off', screen: 'off' } }) }) },
    { name: 'a co-host', charcoal: true, wide: true, draw: () => personMenu({ can: CAN, run: nothing, allow: nothing, person: person({ host: true }) }) },
    { name: 'another device of one\'s own', charcoal: true, wide: true, draw: () => personMenu({ can: CAN, own: true, run: nothing, allow: nothing,
      person: person({ host: true, device: 2, sources: { microphone: 'on', camera: 'on', screen: 'off' } }) }) },
    { name: 'oneself, and who watches', charcoal: true, wide: true, draw: () => html`${personMenu({ can: CAN, me: true, leads: true, run: nothing, allow: nothing, person: person({ host: true }) })}
      ${personMenu({ can: CAN, run: nothing, allow: nothing, person: person({ role: 'ops' }) })}` }] },
  { part: 'QR', states: [
    { name: 'a link', charcoal: true, wide: true, draw: () => qr('https://tours.example/t/demo#eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYnV5ZXIifQ.c2lnbmF0dXJl', 'The link as a code') }] },
  { part: 'Modal', states: [
    { name: 'shut; a click opens it', draw: () => html`<button type="button" @click=${(/** @type {Event} */ e) => {
      Object.assign(/** @type {any} */ (/** @type {Element} */ (e.target).nextElementSibling), { open: true });
    }}>Open</button><oriel-modal .label=${LONG} .content=${html`<p>What one looks at.</p>`}
      @shut=${(/** @type {Event} */ e) => Object.assign(/** @type {any} */ (e.currentTarget), { open: false })}></oriel-modal>` }] },
  { part: 'EmptyState', states: [
    { name: 'list', wide: true, draw: () => emptyState({ icon: 'question', title: 'No questions yet', text: 'What buyers ask appears here.' }) },
    { name: 'with a way out', wide: true, draw: () => emptyState({ icon: 'search', title: 'Nothing matches', text: 'Try fewer or other words.', action: { label: 'Clear the search', run: nothing } }) }] },
  { part: 'Notice', states: [
    { name: 'busy', wide: true, draw: () => notice({ title: 'Connecting…', busy: true }) },
    { name: 'with a next step', wide: true, draw: () => notice({ icon: 'check', title: 'The tour has ended', text: 'Thank you for being here.',
      action: { label: 'See the recording', run: nothing }, other: { label: 'Close', run: nothing } }) }] },
  { part: 'Sheet', states: [
    { name: 'open', charcoal: true, wide: true, draw: () => html`<oriel-sheet open .label=${'3 people here'}
      .content=${html`<ul>${personRow({ person: person({}) })}</ul>`}></oriel-sheet>` }] },
  { part: 'Dialog', states: [
    { name: 'sure?', draw: () => html`<button type="button" @click=${() => ask({ title: 'End the tour for everyone?',
      text: 'Everybody leaves. The recording, if there is one, is kept.', confirm: 'End tour', cancel: 'Cancel' })}>Ask</button>` },
    { name: 'which?', draw: () => html`<button type="button" @click=${() => choose({ title: 'You are in this tour already', choices: [
      { value: 'a', label: 'Join here, too', kind: 'primary', hint: 'You keep the other device.' },
      { value: 'b', label: 'Move here', hint: 'The other device leaves.' }] })}>Choose</button>` }] },
  { part: 'TextDialog', states: [
    { name: 'sure?', draw: () => html`<button type="button" @click=${() => askText({ title: 'Delete “12 Elm Street” for ever?', text: 'Nobody can bring it back.',
      label: 'Type “12 Elm Street” to confirm', must: '12 Elm Street', confirm: 'Delete for ever', cancel: 'Cancel' })}>Delete</button>` },
    { name: 'why?', draw: () => html`<button type="button" @click=${() => askText({ title: 'Put this recording on hold?', text: 'Nobody can delete it then.',
      label: 'Why?', confirm: 'Put on hold', cancel: 'Cancel' })}>Hold</button>` },
    { name: 'why, for ever?', draw: () => html`<button type="button" @click=${() => askText({ title: 'Remove 00:42 to 00:47 for ever?', text: 'Nobody can bring it back.',
      label: 'Why?', danger: true, confirm: 'Remove for ever', cancel: 'Cancel' })}>Remove</button>` }] },
  { part: 'SearchField', states: [
    { name: 'empty', wide: true, draw: () => html`<oriel-search label="Search recordings" hint="Address, person"></oriel-search>` },
    { name: 'with words', wide: true, draw: () => html`<oriel-search label="Search in this recording" value="boiler"></oriel-search>` }] },
  { part: 'Tabs', states: [
    { name: 'three', wide: true, draw: () => tabs({ name: 'sample', label: 'About this recording', open: 'proof', choose: nothing,
      tabs: ['Consent', 'Proof', 'Retention'].map((label) => ({ id: label.toLowerCase(), label, content: () => html`<p>${label}</p>` })) }) }] },
  { part: 'Timeline', states: [
    { name: 'chapters, gaps, found', wide: true, draw: () => html`<oriel-timeline .length=${1800} .now=${600} .label=${'Position'}
      .gaps=${[{ start: 0, end: 90, label: 'Nothing was on here' }, { start: 900, end: 1100, label: 'Recording was paused' }]}
      .chapters=${[{ t: 100, label: 'Hall' }, { t: 500, label: 'Kitchen' }]} .hits=${[{ t: 700, label: 'boiler' }]}></oriel-timeline>` },
    { name: 'with loudness', wide: true, draw: () => html`<oriel-timeline .length=${600} .now=${200} .label=${'Position, and how loud'}
      .peaks=${Array.from({ length: 200 }, (_, i) => Math.abs(Math.sin(i / 3) * Math.sin(i / 29)))}></oriel-timeline>` },
    { name: 'at its beginning, in a tour', wide: true, charcoal: true, draw: () => html`<oriel-timeline .length=${30} .label=${'Position in the dark'}></oriel-timeline>` }] },
  { part: 'Lanes', states: [
    { name: 'who spoke when', wide: true, draw: () => lanes({ length: 1800, now: 600, lanes: [
      { name: 'Ann Agent', seconds: 1290, spans: [{ start: 10, end: 500 }, { start: 700, end: 1500 }], faint: [{ start: 0, end: 1800 }] },
      { name: LONG, seconds: 200, spans: [{ start: 500, end: 700 }], faint: [{ start: 200, end: 900 }] }] }) }] },
  { part: 'Toast', states: [
    { name: 'said', draw: () => html`<button type="button" @click=${() => toast(`Bea waits to be let in. ${Math.random() > 0.5 ? LONG : ''}`)}>Say</button>` }] },
  ...TOUR_PARTS,
  ...PROOF_PARTS,
  ...OPS_PARTS,
  ...END_PARTS,
];

/** @param {Record<string, any>} p @param {boolean} pictured */
function tile(p, pictured) {
  return html`<oriel-tile .track=${pictured ? picture() : null} .name=${p.name ?? ''}
    .speaking=${Boolean(p.speaking)} .paused=${Boolean(p.paused)} .muted=${Boolean(p.muted)} .hand=${Boolean(p.hand)}></oriel-tile>`;
}
