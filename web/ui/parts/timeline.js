// A recording's time: what there is and what is missing, chapters, and moments that were found. It runs from left to
// right in every language, as time does on players.

import { html, nothing, svg } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { clock } from '../words/format.js';
import { t } from '../words/words.js';
import { define, Part } from './element.js';

/** @typedef {{start: number, end: number, label?: string}} Span [s] */
/** @typedef {{t: number, label: string}} Mark */

const STEP_S = 5;
const PAGE_S = 30;
const DRAG_PX = 8; // a finger that moves less is put down, or scrolls the page

export class Timeline extends Part {
  static properties = { length: { type: Number }, now: { type: Number }, label: {}, gaps: { attribute: false },
    chapters: { attribute: false }, hits: { attribute: false }, pictureAt: { attribute: false },
    peaks: { attribute: false },    pointed: { state: true } };

  constructor() {
    super();
    this.length = 1; // [s]
    this.now = 0;
    this.label = '';
    /** @type {Span[]} */
    this.gaps = [];
    /** @type {Mark[]} */
    this.chapters = [];
    /** @type {Mark[]} */
    this.hits = [];
    /** @type {number[]} how loud it is, 0 to 1, in as many equal pieces of it */
    this.peaks = [];
    /** @type {(t: number) => string} address of a picture of then, '' */
    this.pictureAt = () => '';
    /** @type {number|null} the moment under the pointer */
    this.pointed = null;
    /** @type {number|null} where a button or a finger went down [px]; Infinity: it is drawn along */
    this.down = null;
  }

  /** @param {number} s */
  percent(s) {
    return Math.min(100, Math.max(0, (s / this.length) * 100));
  }

  /** @param {Span} span */
  place(span) {
    return `left:${this.percent(span.start)}%;width:${Math.max(0.15, this.percent(span.end) - this.percent(span.start))}%`;
  }

  /** @param {PointerEvent|MouseEvent} event */
  momentOf(event) {
    const box = /** @type {HTMLElement} */ (this.querySelector('.line')).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.length;
  }

  /** A finger may only scroll the page: it seeks when it is lifted, or drawn along. @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0) {
      return;
    }
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.down = event.clientX;
    if (event.pointerType !== 'touch') {
      this.tell('seek', this.momentOf(event));
    }
  }

  /** @param {PointerEvent} event */
  move(event) {
    this.pointed = this.momentOf(event);
    if (this.down !== null && (event.pointerType !== 'touch' || Math.abs(event.clientX - this.down) >= DRAG_PX)) {
      this.down = Infinity;
      this.tell('seek', this.pointed);
    }
  }

  /** @param {PointerEvent} event */
  lift(event) {
    if (event.pointerType === 'touch') {
      this.down !== null && this.tell('seek', this.momentOf(event));
      this.pointed = null;
    }
    this.down = null;
  }

  leave() {
    this.down = null;
    this.pointed = null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, number>} */
    const to = { ArrowRight: this.now + STEP_S, ArrowUp: this.now + STEP_S, ArrowLeft: this.now - STEP_S,
      ArrowDown: this.now - STEP_S, PageUp: this.now + PAGE_S, PageDown: this.now - PAGE_S, Home: 0, End: this.length };
    if (event.key in to) {
      event.preventDefault();
      event.stopPropagation();
      this.tell('seek', Math.min(this.length, Math.max(0, to[event.key])));
    }
  }

  chapterAt(/** @type {number} */ s) {
    return this.chapters.filter((c) => c.t <= s).pop()?.label ?? '';
  }

  preview() {
    if (this.pointed === null) {
      return nothing;
    }
    const picture = this.pictureAt(this.pointed);
    const gap = this.gaps.find((g) => g.start <= Number(this.pointed) && Number(this.pointed) < g.end);
    return html`<div class="preview" .style=${`left:clamp(5.5rem, ${this.percent(this.pointed)}%, calc(100% - 5.5rem))`}>
      ${picture && !gap ? html`<img src=${picture} alt="" width="160" height="90" />` : nothing}
      <span class="figures">${clock(this.pointed)}</span>
      <span>${gap?.label ?? this.chapterAt(this.pointed)}</span></div>`;
  }

  /** Loudness stands on the line, as a shape of its own. */
  wave() {
    const { peaks } = this;
    const points = peaks.map((peak, i) => `L${i} ${(1 - peak).toFixed(3)}L${i + 1} ${(1 - peak).toFixed(3)}`).join('');
    return peaks.length === 0 ? nothing : svg`<svg class="wave" viewBox="0 0 ${peaks.length} 1" preserveAspectRatio="none" aria-hidden="true">
      <path d="M0 1${points}L${peaks.length} 1Z"></path></svg>`;
  }

  render() {
    const chapter = this.chapterAt(this.now);
    const time = t('timeline.of', { now: clock(this.now), length: clock(this.length) });
    return html`<div class="timeline">
      <div class="line" role="slider" tabindex="0" aria-label=${this.label} aria-valuemin="0"
        aria-valuemax=${Math.round(this.length)} aria-valuenow=${Math.round(this.now)}
        aria-valuetext=${chapter ? `${time}, ${chapter}` : time}
        @pointerdown=${this.press} @pointermove=${this.move} @pointerup=${this.lift}
        @pointercancel=${this.leave} @pointerleave=${() => { this.pointed = null; }} @keydown=${this.key}>
        ${guard([this.peaks], () => this.wave())}
        <div class="bar"><i class="played" .style=${`width:${this.percent(this.now)}%`}></i>
          ${this.gaps.map((g) => html`<i class="gap" .style=${this.place(g)}></i>`)}</div>
        ${this.chapters.map((c) => html`<i class="chapter" .style=${`left:${this.percent(c.t)}%`}></i>`)}
        ${this.hits.map((h) => html`<i class="hit" .style=${`left:${this.percent(h.t)}%`}></i>`)}
        <i class="knob" .style=${`left:${this.percent(this.now)}%`}></i>
        ${this.preview()}
      </div>
    </div>`;
  }
}

define('oriel-timeline', Timeline);
