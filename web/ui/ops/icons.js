// The icons of the recordings.

import {
  Archive, ChevronRight, Copy, DoorOpen, Download, Eye, FastForward, Keyboard, KeyboardOff, ListFilter, LockOpen, MessageSquare, Play, Rewind,
  RotateCw, Scissors, Search, ShieldAlert, ShieldCheck, Trash2, VolumeX,
} from 'lucide';
import { addIcons } from '../parts/icon.js';

addIcons({
  earlier: Rewind, later: FastForward, filter: ListFilter, 'sound-off': VolumeX, eye: Eye, rooms: DoorOpen,
  copy: Copy, unlock: LockOpen, trash: Trash2, play: Play, refresh: RotateCw, download: Download, proof: ShieldCheck,
  scissors: Scissors, chat: MessageSquare, search: Search, 'proof-bad': ShieldAlert, forward: ChevronRight, hold: Archive,
  keyboard: Keyboard, 'keyboard-off': KeyboardOff,
});
