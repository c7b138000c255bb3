// One person's picture, or the initials where there is none. Sound comes from elsewhere.

import { html, nothing } from 'lit';
import { avatar } from './avatar.js';
import { define, Part } from './element.js';
import { icon } from './icon.js';
import { t } from '../words/words.js';

export class Tile extends Part {
  static properties = {
    track: { attribute: false }, name: {}, label: {}, mirrored: { type: Boolean }, speaking: { type: Boolean },
    paused: { type: Boolean }, muted: { type: Boolean }, hand: { type: Boolean },
  };

  constructor() {
    super();
    /** @type {MediaStreamTrack|null} */
    this.track = null;
    /** whose initials they are */
    this.name = '';
    /** what stands on the picture; the name when nothing is said */
    this.label = '';
    this.mirrored = false;
    this.speaking = false;
    /** nothing more of the picture comes for now */
    this.paused = false;
    /** one sees that nothing is to be heard */
    this.muted = false;
    this.hand = false;
    this.pictured = false;
  }

  get video() {
    return /** @type {HTMLVideoElement|null} */ (this.querySelector('video'));
  }

  /** @param {Map<string, any>} changed */
  updated(changed) {
    const { video } = this;
    const now = /** @type {MediaStream|null} */ (video?.srcObject ?? null)?.getTracks()[0] ?? null;
    if (video && changed.has('track') && this.track !== now) {
      video.srcObject = this.track ? new MediaStream([this.track]) : null;
      video.muted = true; // the attribute alone is not enough where an element is made by script
      this.sized();
    }
  }

  /** Also when the picture is turned round in mid-tour. */
  sized() {
    const { video } = this;
    const pictured = Boolean(this.track && video?.videoWidth);
    if (pictured !== this.pictured) {
      this.pictured = pictured;
      this.requestUpdate();
    }
    this.tell('ratio', video?.videoWidth ? video.videoWidth / video.videoHeight : 0);
  }

  render() {
    const text = this.label || this.name;
    return html`<div class="tile ${this.speaking ? 'speaking' : ''} ${this.paused ? 'held' : ''}">
      <video playsinline autoplay muted ?hidden=${!this.track} class=${this.mirrored ? 'mirrored' : ''}
        @resize=${() => this.sized()} @loadedmetadata=${() => this.sized()}></video>
      ${this.track && (this.pictured || !this.paused) ? nothing : html`<div class="face">${avatar(this.name, 'large')}</div>`}
      ${this.paused ? html`<p class="held-note">${t('tile.paused')}</p>` : nothing}
      ${text ? html`<span class="who">${this.muted ? icon('microphone-off', t('tile.muted')) : nothing}${
        this.speaking ? icon('sound', t('tile.speaking')) : nothing}${
        this.hand ? icon('hand', t('tile.hand')) : nothing}<span class="one-line">${text}</span></span>` : nothing}
    </div>`;
  }
}

define('oriel-tile', Tile);
