// The tour while it runs: header, floor, people, controls; for buyers and for the agent.

import { explainDevice } from '../../lib/devices.js';
import { Advice } from './advice.js';
import { canShareScreen, deviceProblem, listDevices, openDevice, openScreen } from './devices.js';
import { ask, el, icon, show, toast } from '../dom.js';
import { Floor } from './floor.js';
import { People } from './people.js';

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').SourceKind} SourceKind */

const NAMES = { microphone: 'microphone', camera: 'camera', screen: 'screen' };
const MUTED = { microphone: 'muted your microphone', camera: 'turned off your camera', screen: 'stopped your screen share' };
const LINK_WORDS = { connecting: 'Connecting…', live: '', reconnecting: 'Connection lost. Reconnecting…' };

export class Live {
  /** @param {OrielClient} client @param {{agent: boolean, tracks: Record<string, MediaStreamTrack|null>}} o */
  constructor(client, { agent, tracks }) {
    this.client = client;
    this.agent = agent;
    /** @type {Record<SourceKind, MediaStreamTrack|null>} */
    this.tracks = { microphone: null, camera: null, screen: null, ...tracks };
    this.floor = new Floor(() => client.participants);
    const said = (/** @type {Promise<any>|undefined} */ reply) => reply?.catch((/** @type {Error} */ e) => toast(e.message));
    this.people = new People({ admit: (ids) => said(client.admit(ids)), remove: (id) => said(client.remove(id)) });
    this.waitingSeen = 0;
    this.rec = el('span', { class: 'rec', hidden: true, role: 'status' });
    this.link = el('span', { class: 'link-state', role: 'status' }, LINK_WORDS.connecting);
    this.missed = el('span', { class: 'missed', role: 'status', hidden: true });
    this.advice = new Advice(client);
    /** @type {Record<string, HTMLButtonElement>} */
    this.buttons = {};
    this.listen();
  }

  listen() {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ run) =>
      this.client.addEventListener(type, (e) => run(/** @type {CustomEvent} */ (e).detail));
    on('slot', (slot) => this.floor.update(slot));
    on('speaker', (id) => this.floor.refresh(id));
    on('recording', (state) => this.showRecording(state));
    on('link', (state) => this.showLink(/** @type {keyof LINK_WORDS} */ (state)));
    on('waiting', (people) => this.showWaiting(people));
    on('tour', () => this.showHost());
    on('ending', ({ at }) => toast(`The tour ends at ${new Date(at).toLocaleTimeString([], { timeStyle: 'short' })}.`));
    on('muted', ({ source, by }) => this.onMuted(source, by?.name ?? 'A host'));
    on('withdrawn', (source) => this.onWithdrawn(source));
    on('refused', async ({ source, message }) => {
      toast(message);
      await this.stop(source);
    });
    on('device', (news) => this.onDevice(news));
    on('can', () => this.showDevices());
    on('roster', (roster) => {
      this.people.update(roster, this.client.me?.id);
      this.floor.refresh();
    });
  }

  /** @param {SourceKind} source @param {string} host */
  async onMuted(source, host) {
    toast(`${host} ${MUTED[source]}.`);
    await this.stop(source);
  }

  /** @param {SourceKind} source */
  async onWithdrawn(source) {
    toast(`A host does not let you send your ${NAMES[source]} any more.`);
    await this.stop(source);
  }

  /**
   * The browser's own "stop sharing", an unplugged camera, a phone call: what was lost comes back by itself.
   * @param {import('../../lib/types.js').DeviceNews} news
   */
  async onDevice({ kind, state, message, track }) {
    toast(message);
    if (state === 'lost' && kind === 'screen') {
      await this.stop(kind);
    } else if (state === 'lost' || state === 'back') {
      this.tracks[kind] = track;
      this.showDevice(kind);
      if (kind !== 'microphone') {
        this.floor.showOwn(kind, track);
      }
    }
  }

  /** @param {keyof LINK_WORDS} state */
  async showLink(state) {
    this.link.textContent = LINK_WORDS[state];
    this.advice.onLink(state);
    if (state === 'live' && !(await this.floor.startSound())) {
      this.offerSound();
    }
  }

  /** Hosts: who waits to be let in. @param {import('../../lib/types.js').Participant[]} people */
  showWaiting(people) {
    this.people.updateWaiting(people);
    if (people.length > this.waitingSeen) {
      toast(`${people[people.length - 1].name} waits to be let in.`);
    }
    this.waitingSeen = people.length;
  }

  /** Guests: a tour whose host is gone goes on when one is back. */
  showHost() {
    const { missed } = this.client.tour ?? {};
    this.missed.hidden = !missed;
    this.missed.textContent = missed ? `${missed} is away. The tour waits.` : '';
  }

  offerSound() {
    this.buttons.sound.hidden = false;
    toast('Tap “Sound” to hear the tour.');
  }

  /** @param {string} state */
  showRecording(state) {
    this.rec.hidden = state === 'off';
    this.rec.classList.toggle('failing', state === 'failing');
    this.rec.textContent = { failing: 'Recording has a problem', paused: 'Recording paused' }[state] ?? 'Recording';
    const button = this.buttons.record;
    if (button) {
      button.setAttribute('aria-pressed', String(state !== 'off'));
      button.replaceChildren(icon('record'), label(state === 'off' ? 'Record' : 'Stop recording'));
    }
  }

  /** @param {string} id @param {string} text @param {() => void} run @param {object} [more] */
  button(id, text, run, more = {}) {
    const node = el('button', { type: 'button', 'data-control': id, onclick: run, ...more },
      icon(id), label(text));
    this.buttons[id] = node;
    return node;
  }

  controls() {
    const record = this.client.tour?.record;
    const sends = !this.client.observes;
    const bar = el('nav', { class: 'controls', 'aria-label': 'Controls' },
      this.button('sound', 'Sound', () => this.sound(), { hidden: true, class: 'on' }),
      sends && this.button('microphone', '', () => this.toggle('microphone'), { class: 'device' }),
      sends && this.button('camera', '', () => this.toggle('camera'), { class: 'device' }),
      this.button('flip', 'Switch camera', () => this.flip(), { hidden: true }),
      sends && canShareScreen() && this.button('screen', '', () => this.toggle('screen')),
      this.agent && record !== 'off'
        && this.button('record', 'Record', () => this.toggleRecording()),
      this.button('people', 'People', () => this.togglePeople(), { 'aria-pressed': 'false' }),
      this.button('leave', 'Leave', () => this.leave()),
      this.agent && el('button', { type: 'button', class: 'danger', 'data-control': 'end',
        onclick: () => this.end() }, 'End tour'));
    this.showDevices();
    return bar;
  }

  showDevices() {
    for (const kind of /** @type {SourceKind[]} */ (['microphone', 'camera', 'screen'])) {
      this.showDevice(kind);
    }
  }

  /** @param {SourceKind} kind */
  showDevice(kind) {
    const button = this.buttons[kind];
    const on = Boolean(this.tracks[kind]);
    if (!button) {
      return;
    }
    const text = kind === 'screen'
      ? (on ? 'Stop sharing' : 'Share screen')
      : `${on ? 'Turn off' : 'Turn on'} ${NAMES[kind]}`;
    const may = on || this.client.maySend(kind);
    button.disabled = !may;
    button.setAttribute('aria-pressed', String(on));
    button.setAttribute('title', may ? text : `A host must let you send your ${NAMES[kind]}`);
    button.classList.toggle('on', kind === 'screen' && on);
    button.replaceChildren(icon(on || kind === 'screen' ? kind : `${kind}-off`),
      label(kind === 'screen' ? text : NAMES[kind][0].toUpperCase() + NAMES[kind].slice(1)));
  }

  /** @param {SourceKind} kind */
  async toggle(kind) {
    if (this.tracks[kind]) {
      await this.stop(kind);
      return;
    }
    try {
      const track = kind === 'screen' ? await openScreen() : await openDevice(kind);
      await this.start(kind, track);
    } catch (error) {
      // Closing the browser's own screen picker is a choice, not a problem.
      if (kind !== 'screen' || explainDevice(error, kind).code !== 'device_denied') {
        toast(deviceProblem(error, kind));
      }
    }
  }

  /** @param {SourceKind} kind @param {MediaStreamTrack} track */
  async start(kind, track) {
    this.tracks[kind] = track;
    this.showDevice(kind);
    if (kind !== 'microphone') {
      this.floor.showOwn(kind, track);
    }
    await this.offerFlip();
    await this.client.publish(kind, track);
    await this.client.mute(kind, false)?.catch(() => undefined);
  }

  /** @param {SourceKind} kind */
  async stop(kind) {
    this.tracks[kind]?.stop();
    this.tracks[kind] = null;
    this.showDevice(kind);
    if (kind !== 'microphone') {
      this.floor.showOwn(kind, null);
    }
    await this.offerFlip();
    await this.client.publish(kind, null);
    await this.client.mute(kind, true)?.catch(() => undefined);
  }

  /** A phone has a camera on each side; a laptop may have a second one. */
  async offerFlip() {
    this.buttons.flip.hidden = !this.tracks.camera || (await listDevices('camera')).length < 2;
  }

  async flip() {
    const current = this.tracks.camera?.getSettings().deviceId;
    const cameras = await listDevices('camera');
    const next = cameras[(cameras.findIndex((c) => c.deviceId === current) + 1) % cameras.length];
    // Most phones open one camera at a time: the old one has to end first.
    this.tracks.camera?.stop();
    this.tracks.camera = null;
    try {
      await this.start('camera', await openDevice('camera', next.deviceId));
    } catch (error) {
      await this.stop('camera');
      toast(deviceProblem(error, 'camera'));
    }
  }

  async sound() {
    this.buttons.sound.hidden = await this.floor.startSound();
  }

  togglePeople(open = this.people.node.hidden) {
    this.people.node.hidden = !open;
    this.buttons.people.setAttribute('aria-pressed', String(open));
  }

  async toggleRecording() {
    try {
      await this.client.record(this.client.recording === 'off');
    } catch (error) {
      toast(error instanceof Error ? error.message : 'Recording could not be changed.');
    }
  }

  async leave() {
    this.stopAll();
    await this.client.leave();
  }

  async end() {
    const yes = await ask({ title: 'End the tour for everyone?',
      text: 'All participants are disconnected. The recording, if there is one, is kept.',
      confirm: 'End tour' });
    if (yes) {
      await this.client.end()?.catch((/** @type {Error} */ e) => toast(e.message));
    }
  }

  stopAll() {
    this.advice.stop();
    for (const track of Object.values(this.tracks)) {
      track?.stop();
    }
  }

  async render() {
    const tour = this.client.tour;
    const bar = this.controls();
    show(el('div', { class: 'tour' },
      el('header', {}, el('h1', {}, tour?.title || tour?.name || ''), this.rec,
        this.missed, el('span', { class: 'push' }), this.link),
      this.advice.node, this.floor.node, this.people.node, bar));
    this.people.update(this.client.roster(), this.client.me?.id);
    this.showRecording(this.client.recording);
    this.showHost();
    this.togglePeople(this.agent && matchMedia('(min-width: 761px)').matches);
    for (const kind of /** @type {SourceKind[]} */ (['camera', 'microphone'])) {
      const track = this.tracks[kind];
      if (track && this.client.maySend(kind)) {
        await this.start(kind, track);
      } else if (track) {
        await this.stop(kind);
      }
    }
  }
}

/** @param {string} text */
function label(text) {
  return el('span', { class: 'label' }, text);
}
