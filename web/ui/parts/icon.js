// The icons, by what they mean here. A page carries those that it names.

import { html } from 'lit';
import { unsafeSVG } from 'lit/directives/unsafe-svg.js';
import {
  Archive, Captions, Check, ChevronDown, ChevronLeft, ChevronRight, CircleDot, CircleStop, Clock, Copy, Crown,
  DoorOpen, Download, Ear, Ellipsis, Eye, Flashlight, Hand, Heart, House, Image, Info, Link, Lock, LockOpen, LogOut, Map as MapIcon,
  Maximize, MessageCircleQuestionMark, MessageSquare, Mic, MicOff, Minimize, MousePointer2, Pause, Phone,
  PictureInPicture2, Pin, Play, QrCode, RotateCw, ScreenShare, ScreenShareOff, Search, Send, Settings, ShieldAlert,
  ShieldCheck, SignalHigh, SignalLow, SignalMedium, SignalZero, Spotlight, SwitchCamera, ThumbsUp, Trash2,
  TriangleAlert, UserPlus, Users, UserX, Video, VideoOff, Volume2, WifiOff, X,
  FastForward, ListFilter, Rewind, VolumeX, // of the recordings
} from 'lucide';

/** @typedef {[string, Record<string, string|number|undefined>][]} IconNode */

/** @type {Record<string, any>} */
const ICONS = {
  earlier: Rewind, later: FastForward, filter: ListFilter, 'sound-off': VolumeX,
  microphone: Mic, 'microphone-off': MicOff, camera: Video, 'camera-off': VideoOff, screen: ScreenShare,
  'screen-off': ScreenShareOff, flip: SwitchCamera, torch: Flashlight, sound: Volume2, ear: Ear, captions: Captions,
  people: Users, person: UserPlus, refuse: UserX, lead: Crown, spotlight: Spotlight, pin: Pin, eye: Eye, phone: Phone,
  hand: Hand, question: MessageCircleQuestionMark, chat: MessageSquare, send: Send, heart: Heart, thumbs_up: ThumbsUp,
  rooms: DoorOpen, plan: MapIcon, photo: Image, pointer: MousePointer2, link: Link, copy: Copy, qr: QrCode,
  record: CircleDot, stop: CircleStop, pause: Pause, play: Play, lock: Lock, unlock: LockOpen,
  fullscreen: Maximize, smaller: Minimize, pip: PictureInPicture2, more: Ellipsis, close: X, leave: LogOut,
  check: Check, warning: TriangleAlert, info: Info, clock: Clock, search: Search, refresh: RotateCw, settings: Settings,
  download: Download, trash: Trash2, hold: Archive, proof: ShieldCheck, 'proof-bad': ShieldAlert,
  good: SignalHigh, fair: SignalMedium, poor: SignalLow, off: SignalZero, cut: WifiOff,
  house: House, down: ChevronDown, forward: ChevronRight, back: ChevronLeft,
};

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
