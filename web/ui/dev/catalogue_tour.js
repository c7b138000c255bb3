// What is in the frame of a tour, in every state, of a tour that is made up.

import { html } from 'lit';
import { awayScreen } from '../tour/away.js';
import { hearingSheet } from '../tour/hearing.js';
import { moreRow } from '../tour/more.js';
import { reactionRow } from '../tour/reactions.js';
import { picture, stillPicture } from './picture.js';
import '../tour/stage.js';

/** @typedef {import('./catalogue.js').Entry} Entry */

const LONG = 'Maximiliana Konstantinopolitanskaja-Featherstonehaugh of Lower Upperthorpe and the Isles';
const PLAN = { kind: 'plan', title: 'Ground floor', url: '/assets/demo/plan.svg' };

/** @param {Record<string, any>} [lead] @param {Record<string, any>} [more] @returns {any} a tour as views see it */
const tour = (lead, more = {}) => ({ link: 'live', tour: { missed: 'Ann', property: { agent: { name: 'Maya Lindqvist', phone: '+1 555 0123' } } },
  lead: lead && { id: 'p1', name: 'Ann', link: 'ok', sources: { microphone: 'on' }, ...lead }, me: { id: 'p2' },
  client: { can: () => ({ audio: 'both' }) }, person: () => lead && { link: 'ok', ...lead }, nameOf: () => lead?.name ?? 'Ann', ...more });

/** @param {Record<string, any>} p */
const shown = (p = {}) => ({ track: picture(), participant: 'p1', source: 'camera', name: 'Ann', label: 'Ann', own: false, paused: false, ...p });

/** @param {any} model @param {any} main @param {any} [sight] */
const stage = (model, main, sight = null) => html`<oriel-stage .model=${model} .picture=${main} .sight=${sight} .empty=${awayScreen(model)}></oriel-stage>`;

const NOBODY = { ...shown(), track: null, participant: null };
const POINTER = { pointer: { x: 0.7, y: 0.3, from: 'p1' } };

/** @param {Record<string, any>} how @param {any} model */
const hearing = (model, how = {}) => hearingSheet(/** @type {any} */ ({ model, silent: false, watch: { stats: { slots: [] } }, ...how }));
/** @param {number} kbps */
const arrives = (kbps) => ({ watch: { stats: { slots: [{ kind: 'audio', participant: 'p1', kbps }] } } });
const nothing = () => {};

/** @type {Entry[]} */
export const TOUR_PARTS = [
  { part: 'Stage', states: [
    { name: 'a picture, somebody points', charcoal: true, wide: true, draw: () => stage(tour({}, { tour: POINTER }), shown()) },
    { name: 'a long name points, a screen', charcoal: true, wide: true, draw: () => stage(tour({ name: LONG }, { tour: POINTER }), shown({ source: 'screen', label: LONG })) },
    { name: 'the own connection is down', charcoal: true, wide: true, draw: () => stage(tour({}, { link: 'reconnecting' }), shown({ own: true })) },
    { name: 'the picture has stopped', charcoal: true, wide: true, draw: () => stage(tour({}), shown({ track: stillPicture() })) },
    { name: 'held back', charcoal: true, wide: true, draw: () => stage(tour({}), shown({ paused: true })) },
    { name: 'a plan', charcoal: true, wide: true, draw: () => stage(tour({}), shown(), PLAN) },
    { name: 'a photograph that cannot be had', charcoal: true, wide: true, draw: () => stage(tour({}), shown(), { kind: 'photo', title: LONG, url: 'data:image/png,x' }) }] },
  { part: 'Away', states: [
    { name: 'connecting', charcoal: true, wide: true, draw: () => stage(tour(undefined, { link: 'connecting' }), NOBODY) },
    { name: 'the camera is off, one hears', charcoal: true, wide: true, draw: () => stage(tour({}), NOBODY) },
    { name: 'the microphone, too', charcoal: true, wide: true, draw: () => stage(tour({ sources: {} }), NOBODY) },
    { name: 'the connection is lost, a long name', charcoal: true, wide: true, draw: () => stage(tour({ name: LONG, link: 'lost' }), NOBODY) },
    { name: 'gone', charcoal: true, wide: true, draw: () => stage(tour(), NOBODY) },
    { name: 'not here yet', charcoal: true, wide: true, draw: () => stage(tour(undefined, { tour: {} }), NOBODY) },
    { name: 'oneself', charcoal: true, wide: true, draw: () => stage(tour({ id: 'p2' }), NOBODY) }] },
  { part: 'More', states: [
    { name: 'plain, with a hint, pressed, refused', charcoal: true, wide: true, draw: () => html`<ul class="more">
      ${moreRow({ id: 'hear', icon: 'ear', label: 'I can’t hear', run: nothing })}
      ${moreRow({ id: 'pip', label: 'Picture in a small window', hint: 'It stays in sight while you use something else.', run: nothing })}
      ${moreRow({ id: 'screen', label: 'Share your screen', pressed: true, run: nothing })}
      ${moreRow({ id: 'flip', label: LONG, hint: 'The host has not opened this for you.', disabled: true, run: nothing })}</ul>` },
    { name: 'reactions', charcoal: true, wide: true, draw: () => reactionRow(nothing) }] },
  { part: 'Hearing', states: [
    { name: 'the link', charcoal: true, wide: true, draw: () => hearing(tour({}, { link: 'reconnecting' })) },
    { name: 'held back by the browser', charcoal: true, wide: true, draw: () => hearing(tour({}), { silent: true }) },
    { name: 'closed', charcoal: true, wide: true, draw: () => hearing(tour({}, { client: { can: () => ({ audio: 'none' }) } })) },
    { name: 'nobody is there', charcoal: true, wide: true, draw: () => hearing(tour()) },
    { name: 'the host is muted', charcoal: true, wide: true, draw: () => hearing(tour({ sources: {} })) },
    { name: 'it arrives', charcoal: true, wide: true, draw: () => hearing(tour({}), arrives(32)) },
    { name: 'nobody speaks', charcoal: true, wide: true, draw: () => hearing(tour({}), arrives(1)) },
    { name: 'nothing arrives', charcoal: true, wide: true, draw: () => hearing(tour({}), arrives(0)) }] },
];
