// What a host has in the frame of a tour (live.js) in place of a buyer's buttons, tabs and sheets, and what there is to
// know of it between two drawings.

import { html, nothing } from 'lit';
import { BUYER_DESK } from '../desk.js';
import { notes } from '../notes.js';
import { t } from '../../words/words.js';
import { Arrivals } from './arrivals.js';
import { askedNow } from './asked.js';
import { hostBar } from './bar.js';
import { Zooming } from './camera.js';
import { FocusKeeper } from './focus.js';
import { sayGoodbye } from './goodbye.js';
import { heldNote } from './held.js';
import { onKey } from './keys.js';
import { bubbles, chips, tools } from './layer.js';
import { morePanel } from './more.js';
import { hostPeople } from './people.js';
import { Pointing } from './pointing.js';
import { questionsPanel } from './questions.js';
import { recordingTrouble } from './recording.js';
import { roomsPanel } from './rooms.js';
import { Standing } from './standing.js';
import { WakeLock } from './wake.js';
import { askNoMore } from '../../parts/dialog.js';
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
    this.standing = new Standing(model);
    this.focus = new FocusKeeper(live);
    this.zooming = new Zooming();
    this.draw = () => live.requestUpdate();
    this.onKey = (/** @type {KeyboardEvent} */ event) => onKey(event, this);
    this.onChange = () => {
      this.arrivals.look();
      this.standing.look();
      this.pointer.settle();
      if (live.sight) { // it lies over what was pointed at
        this.pointer.lift();
      }
    };
  }

  begin() {
    window.addEventListener('keydown', this.onKey);
    this.model.addEventListener('changed', this.onChange);
    this.model.client.addEventListener('device', this.draw);
    this.model.client.addEventListener('reception', this.draw);
    this.focus.begin();
    this.wake.begin();
    this.standing.look();
  }

  end() {
    window.removeEventListener('keydown', this.onKey);
    this.model.removeEventListener('changed', this.onChange);
    this.model.client.removeEventListener('device', this.draw);
    this.model.client.removeEventListener('reception', this.draw);
    this.pointer.lift();
    this.arrivals.stop();
    this.wake.end();
    this.standing.end();
    askNoMore();
    this.giveBackFocus();
  }

  /** What a host had before him goes with the desk, and the focus with it. */
  async giveBackFocus() {
    const { live, focus } = this;
    focus.end();
    await Promise.resolve(); // the next desk is there, and the page is to be drawn with it
    await live.updateComplete;
    if (live.isConnected && document.activeElement === document.body) {
      /** @type {HTMLElement|null} */ (live.querySelector('h1'))?.focus({ preventScroll: true });
    }
  }

  /** There is room for all buttons. */
  get wide() {
    return ['desk', 'drawer'].includes(this.live.layout);
  }

  /** How each of the others receives what we show, as far as it is not well. */
  get qualities() {
    return this.model.client.reception;
  }

  /** What was written to all and not seen yet: it would be missed where the panel is shut. */
  get unreadChat() {
    const { model, live } = this;
    return live.shownTab === 'talk' ? 0 : model.chat.filter((e) => e.seq > live.unread.seen && e.from !== model.me?.id).length;
  }

  get openQuestions() {
    return this.model.questions.filter((q) => q.state === 'open');
  }

  /** @param {Asked} asked */
  ask(asked) {
    this.asked = asked;
    this.live.requestUpdate();
  }

  /** Done when what had the focus before has it again. */
  async shut() {
    const { live } = this;
    this.ask({ at: '' });
    await live.updateComplete;
    await /** @type {any} */ (live.querySelector('oriel-modal'))?.updateComplete;
  }

  /** The picture has the keyboard while one points, and what began it has it again. @param {boolean} on */
  async point(on) {
    const { live, pointer } = this;
    this.pointing = on;
    pointer.lift();
    pointer.at = null;
    live.requestUpdate();
    await live.updateComplete;
    /** @type {HTMLElement|null} */ (live.querySelector(on ? '.pointing' : '[data-control=point]'))?.focus({ preventScroll: true });
  }

  /** @param {string} id a question to answer in writing, in the panel; '' no more */
  async write(id) {
    this.writing = id;
    this.asked = { at: '' };
    if (id) {
      this.live.choose('talk');
    }
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
      { id: 'talk', label: t('panel.talk'), badge: this.openQuestions.length + this.unreadChat, draw: () => questionsPanel(this) },
      { id: 'people', label: t('panel.people'), badge: model.waiting.length, draw: () => hostPeople(this) },
      { id: 'rooms', label: t('agent.rooms'), draw: () => roomsPanel(this) },
    ];
  }

  sheets() {
    return { ...BUYER_DESK.sheets(this.live), more: { label: t('bar.more'), draw: () => morePanel(this) } };
  }

  notes() {
    return html`${notes(this.live)}${heldNote(this.model)}${recordingTrouble(this.model)}`;
  }

  over() {
    const asked = askedNow(this);
    return html`<div class="console-layer">
        ${this.wide || this.live.docked ? nothing : bubbles(this)}
        ${this.pointing && !this.live.sight ? this.pointer.layer(this.draw, () => this.point(false)) : nothing}
        ${tools(this)}
        ${chips(this)}
      </div>
      <oriel-modal .label=${asked?.label ?? ''} .open=${Boolean(asked)} .content=${asked?.content ?? nothing} @shut=${() => this.shut()}></oriel-modal>`;
  }

  first() {
    return 'people';
  }
}
