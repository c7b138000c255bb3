// The icons, by what they mean here: those that all pages have. Rooms with more of them add theirs (addIcons).

import { html } from 'lit';
import { unsafeSVG } from 'lit/directives/unsafe-svg.js';
import {
  Check, ChevronDown, ChevronLeft, CircleDot, CircleStop, Clock, Ear, Ellipsis, Hand, Heart, House, Image,
  Info, Link, Lock, LogOut, Map as MapIcon, Maximize, MessageCircleQuestionMark, Mic, MicOff,
  Minimize, Pause, Phone, PictureInPicture2, ScreenShare, ScreenShareOff, Send, WifiLow,
  WifiHigh, SwitchCamera, TriangleAlert, Users, Video, VideoOff, Volume2, WifiOff,
  X,
} from 'lucide';

/** @typedef {[string, Record<string, string|number|undefined>][]} IconNode */

/** @type {Record<string, any>} */
const ICONS = {
  microphone: Mic, 'microphone-off': MicOff, camera: Video, 'camera-off': VideoOff, screen: ScreenShare,
  'screen-off': ScreenShareOff, flip: SwitchCamera, sound: Volume2, ear: Ear, people: Users,
  phone: Phone, hand: Hand, question: MessageCircleQuestionMark, send: Send, heart: Heart,
  plan: MapIcon, photo: Image, link: Link, record: CircleDot, pause: Pause, lock: Lock,
  fullscreen: Maximize, smaller: Minimize, pip: PictureInPicture2, more: Ellipsis, leave: LogOut, check: Check,
  warning: TriangleAlert, info: Info, clock: Clock, stop: CircleStop,
  fair: WifiHigh, poor: WifiLow, cut: WifiOff, house: House, down: ChevronDown,
  back: ChevronLeft, close: X,
};

/** Before one of them is drawn. @param {Record<string, any>} more by name */
export const addIcons = (more) => Object.assign(ICONS, more);

/** They point somewhere along the line of reading. */
const DIRECTED = new Set(['leave', 'send', 'forward', 'back']);

/** @type {Map<string, string>} */
const drawn = new Map();

/** @param {string} name */
function shapes(name) {
  const nodes = /** @type {IconNode} */ (ICONS[name] ?? []);
  return nodes.map(([tag, attributes]) => `<${tag} ${Object.entries(attributes).filter(([k]) => k !== 'key')
    .map(([k, v]) => `${k}="${v}"`).join(' ')}/>`).join('');
}

/** Says nothing by itself: a text stands beside it, or `label` does. @param {string} name @param {string} [label] */
export function icon(name, label) {
  const inner = drawn.get(name) ?? shapes(name);
  drawn.set(name, inner);
  const kind = DIRECTED.has(name) ? 'icon directed' : 'icon';
  return label
    ? html`<svg class=${kind} viewBox="0 0 24 24" role="img" aria-label=${label}>${unsafeSVG(inner)}</svg>`
    : html`<svg class=${kind} viewBox="0 0 24 24" aria-hidden="true">${unsafeSVG(inner)}</svg>`;
}
