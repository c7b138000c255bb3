// What somebody has in the frame of a tour (live.js) besides the stage: the buttons, the tabs of the panel, sheets,
// and what lies over the picture. This is a buyer's; who leads has another one.

import { html } from 'lit';
import { bar, leave } from './bar.js';
import { hearingSheet } from './hearing.js';
import { notes } from './notes.js';
import { moreSheet } from './more.js';
import { peoplePanel } from './people.js';
import { planPanel, hasPlans } from './plans.js';
import { t } from '../words/words.js';
import './talk.js';

/** @typedef {import('./live.js').Live} Live */
/** @typedef {import('./model.js').TourModel} TourModel */

/**
 * @typedef {object} Tab one of the panel, which stands beside the stage where there is room
 * @property {string} id
 * @property {string} label
 * @property {number} [badge] so many there are new
 * @property {() => any} draw
 */
/** @typedef {{label: string, draw: () => any}} SheetOf over the frame, one at a time */
/**
 * @typedef {object} Desk
 * @property {(live: Live) => any} bar below the stage, or beside it
 * @property {(live: Live) => Tab[]} tabs
 * @property {(live: Live) => Record<string, SheetOf>} sheets by what `live.toggle(id)` opens them
 * @property {(live: Live) => any} notes what holds for a while and that one should know, above the stage
 * @property {(live: Live) => any} over over the picture
 * @property {(live: Live) => string} first the tab that is open where there is room
 * @property {(live: Live) => void} leave
 * @property {() => void} [begin] it is the desk from now on
 * @property {() => void} [end] it is not any more
 */

/** @type {Desk} */
export const BUYER_DESK = {
  bar,
  notes,
  tabs(live) {
    const model = /** @type {TourModel} */ (live.model);
    const plans = hasPlans(model) ? [{ id: 'plan', label: t('panel.plan'), draw: () => planPanel(live) }] : [];
    return [
      { id: 'talk', label: t('panel.talk'), badge: live.unread.count, draw: () => html`<oriel-talk .model=${model}></oriel-talk>` },
      ...plans,
      { id: 'people', label: t('panel.people'), badge: model.waiting.length, draw: () => peoplePanel(model) },
    ];
  },
  sheets: (live) => ({
    more: { label: t('bar.more'), draw: () => moreSheet(live) },
    hear: { label: t('hear.title'), draw: () => hearingSheet(live) },
  }),
  over: () => '',
  leave: (live) => leave(/** @type {TourModel} */ (live.model)),
  first: (live) => (live.model?.isHost ? 'people' : 'talk'),
};
