// What a host has in the frame of a tour (live.js) in place of a buyer's buttons, tabs and sheets, and what there is to
// know of it between two drawings.

import { html, nothing } from 'lit';
import { BUYER_DESK } from '../desk.js';
import { notes } from '../notes.js';
import { t } from '../../words/words.js';
import { Arrivals } from './arrivals.js';
import { askedNow } from './asked.js';
import { hostBar } from './bar.js';
import { sayGoodbye } from './goodbye.js';
import { onKey } from './keys.js';
import { bubbles, chips, tools } from './layer.js';
import { morePanel } from './more.js';
import { hostPeople } from './people.js';
import { Pointing } from './pointing.js';
import { qualitiesOf } from './qualities.js';
import { questionsPanel } from './questions.js';
import { recordingTrouble } from './recording.js';
import { roomsPanel } from './rooms.js';
import { WakeLock } from './wake.js';
import '../../parts/modal.js';
import './icons.js';

/** @typedef {import('../live.js').Live} Live */
/** @typedef {import('../model.js').TourModel} TourModel */
/** @typedef {{at: ''}|{at: 'invite'|'mute'|'keys'}|{at: 'person'|'question', id: string}} Asked */

export class HostDesk {
  /** @param {Live} live @param {TourModel} model */
  constructor(live, model) {
    this.live = live;
    this.model = model;
    /** @type {Asked} what lies over everything else */
    this.asked = { at: '' };
    this.pointing = false;
    this.writing = ''; // the question that is being answered in writing
    /** @type {Set<string>} questions that were put off: they wait in the list */
    this.later = new Set();
    this.pointer = new Pointing(model);
    this.arrivals = new Arrivals(model);
    this.wake = new WakeLock();
    this.onKey = (/** @type {KeyboardEvent} */ event) => onKey(event, this);
    this.onChange = () => {
      this.arrivals.look();
      if (live.sight) { // it lies over what was pointed at
        this.pointer.lift();
      }
    };
  }

  begin() {
    window.addEventListener('keydown', this.onKey);
    this.model.addEventListener('changed', this.onChange);
    this.wake.begin();
  }

  end() {
    window.removeEventListener('keydown', this.onKey);
    this.model.removeEventListener('changed', this.onChange);
    this.pointer.lift();
    this.arrivals.stop();
    this.wake.end();
  }

  /** There is room for all buttons. */
  get wide() {
    return ['desk', 'drawer'].includes(this.live.layout);
  }

  get qualities() {
    return qualitiesOf(this.live.watch.stats);
  }

  get openQuestions() {
    return this.model.questions.filter((q) => q.state === 'open');
  }

  /** @param {Asked} asked */
  ask(asked) {
    this.asked = asked;
    this.live.requestUpdate();
  }

  shut() {
    this.ask({ at: '' });
  }

  /** @param {boolean} on */
  point(on) {
    this.pointing = on;
    if (!on) {
      this.pointer.lift();
    }
    this.live.requestUpdate();
  }

  /** @param {string} id a question to answer in writing, in the panel; '' no more */
  async write(id) {
    this.writing = id;
    this.asked = { at: '' };
    this.live.choose(id || this.live.shownTab !== 'talk' ? 'talk' : this.live.tab);
    this.live.requestUpdate();
    await this.live.updateComplete;
    await new Promise((resolve) => requestAnimationFrame(resolve)); // the panel draws after the frame
    /** @type {HTMLElement|null} */ (this.live.querySelector('.answering textarea'))?.focus();
  }

  /** Where a panel hides the picture, it goes when it has done its work. */
  done() {
    if (this.live.layout !== 'desk' && !this.live.docked) {
      this.live.tab = '';
    }
  }

  leave() {
    return sayGoodbye(this.model);
  }

  bar() {
    return hostBar(this);
  }

  tabs() {
    const { model } = this;
    return [
      { id: 'talk', label: t('panel.talk'), badge: this.openQuestions.length, draw: () => questionsPanel(this) },
      { id: 'people', label: t('panel.people'), badge: model.waiting.length, draw: () => hostPeople(this) },
      { id: 'rooms', label: t('agent.rooms'), draw: () => roomsPanel(this) },
    ];
  }

  sheets() {
    return { ...BUYER_DESK.sheets(this.live), more: { label: t('bar.more'), draw: () => morePanel(this) } };
  }

  notes() {
    return html`${notes(this.live)}${recordingTrouble(this.model)}`;
  }

  over() {
    const asked = askedNow(this);
    return html`<div class="console-layer">
        ${this.wide || this.live.docked ? nothing : bubbles(this)}
        ${this.pointing && !this.live.sight ? this.pointer.layer() : nothing}
        ${tools(this)}
        ${chips(this)}
      </div>
      <oriel-modal .label=${asked?.label ?? ''} .open=${Boolean(asked)} .content=${asked?.content ?? nothing} @shut=${() => this.shut()}></oriel-modal>`;
  }

  first() {
    return 'people';
  }
}
