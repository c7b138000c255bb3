// The icons that only hosts see.

import {
  Copy, Crown, DoorOpen, Flashlight, Keyboard, LockOpen, MessageSquare, MousePointer2, Spotlight, Trash2, UserPlus,
  UserX,
} from 'lucide';
import { addIcons } from '../../parts/icon.js';

addIcons({
  torch: Flashlight, refuse: UserX, lead: Crown, spotlight: Spotlight, rooms: DoorOpen, pointer: MousePointer2,
  copy: Copy, unlock: LockOpen, trash: Trash2, person: UserPlus, chat: MessageSquare, keyboard: Keyboard,
});
