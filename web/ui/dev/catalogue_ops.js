// What only the recordings page has.

import { html } from 'lit';
import '../ops/redaction.js';

/** @typedef {import('./catalogue.js').Entry} Entry */

/** @param {string} id @param {string} kind @param {string|null} participant */
const track = (id, kind, participant) => ({ id, kind, participant, codec: 'vp8',
  epochs: [{ number: 0, start_ms: 0, duration_ms: 600000, bytes: 1, width: 0, height: 0 }] });
const RECORDING = { id: '0'.repeat(32), tour: 'elm', title: '12 Elm Street', started: '2026-01-01T10:00:00Z', ended: '2026-01-01T10:10:00Z', duration_ms: 600000,
  state: 'complete', bytes: 1, participants: [], events: [], tracks: [track('programme', 'programme', null), track('1', 'camera', 'Ann Agent'),
    track('2', 'microphone', 'Ann Agent'), track('3', 'microphone', 'Bea, who is called after all of her grandmothers')] };
const REMOVED = [{ track: 'programme', from_ms: 61000, to_ms: 69000 }, { track: '2', from_ms: 62000, to_ms: 66000 }];
/** What it would be sent with: nothing happens here. */
const API = /** @type {any} */ ({ redact: async () => {} });

/** @type {Entry[]} */
export const OPS_PARTS = [
  { part: 'Redaction', states: [
    { name: 'empty', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${RECORDING} .now=${42}></oriel-redaction>` },
    { name: 'a time lacks', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${RECORDING} .now=${42} .from=${'00:42'} .to=${'soon'} .said=${true}></oriel-redaction>` },
    { name: 'ends before it begins', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${RECORDING} .now=${42} .from=${'00:42'} .to=${'00:07'} .said=${true}></oriel-redaction>` },
    { name: 'not from the tour as shown', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${RECORDING} .now=${42} .from=${'00:42'} .to=${'00:50'}
      .spared=${['The tour, as shown']}></oriel-redaction>` },
    { name: 'under way', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${RECORDING} .now=${42} .from=${'00:42'} .to=${'00:50'} .busy=${true}></oriel-redaction>` },
    { name: 'some was removed', wide: true, draw: () => html`<oriel-redaction .api=${API} .recording=${{ ...RECORDING, redacted: REMOVED }} .now=${3700}></oriel-redaction>` }] },
];
