// The way out of a host: nobody is left alone without a word.

import { ask, choose } from '../../parts/dialog.js';
import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {import('../../../lib/types.js').Participant} Participant */

const NAMED_MOST = 3; // more are asked for in a second question

/** @param {TourModel} model */
async function go(model) {
  model.own.end();
  await model.client.leave();
}

/** @param {TourModel} model */
export async function endTour(model) {
  if (await ask({ title: t('end_ask.title'), text: t('end_ask.text'), confirm: t('bar.end'), cancel: t('cancel') })) {
    await model.attempt(() => model.client.end());
  }
}

/** Who could lead: is there, and does not only watch. @param {TourModel} model */
const heirs = ({ people, me }) => people.filter((p) => p.id !== me?.id && p.role !== 'ops' && p.link !== 'lost');

/** @param {Participant} p @returns {import('../../parts/dialog.js').Choice} */
const heir = (p) => ({ value: `to:${p.id}`, label: t('goodbye.hand_over', { name: p.device ? t('people.device', { name: p.name, n: p.device }) : p.name }) });

/** @param {TourModel} model @param {string} id */
async function handOver(model, id) {
  if (await model.attempt(() => model.client.handOver(id))) {
    await go(model);
  }
}

/** @param {TourModel} model @param {string} choice */
async function follow(model, choice) {
  if (choice === 'end') {
    await model.attempt(() => model.client.end());
  } else if (choice === 'soon') {
    await go(model);
  } else if (choice === 'whom') {
    await follow(model, await choose({ title: t('goodbye.whom'), choices: heirs(model).map(heir) }));
  } else if (choice.startsWith('to:')) {
    await handOver(model, choice.slice(3));
  }
}

/** Where another host is, the tour goes on by itself. @param {TourModel} model */
export async function sayGoodbye(model) {
  const { people, me } = model;
  const others = heirs(model);
  if (people.some((p) => p.host && p.id !== me?.id && p.link !== 'lost')) {
    await go(model);
    return;
  }
  const named = others.length > NAMED_MOST ? [{ value: 'whom', label: t('goodbye.whom') }] : others.map(heir);
  await follow(model, await choose({ title: t('goodbye.title'), text: t(others.length > 0 ? 'goodbye.text' : 'goodbye.alone'), choices: [
    { value: 'soon', label: t('goodbye.soon'), kind: 'primary', hint: others.length > 0 ? t('goodbye.soon_hint') : undefined },
    ...named,
    { value: 'end', label: t('goodbye.end'), kind: 'danger' },
    { value: 'stay', label: t('goodbye.stay'), kind: 'quiet' }] }));
}
