// The words of protocol oriel.v1 (docs/protocol.md) as types. No code.

/** @typedef {'buyer'|'agent'|'ops'} Role */
/** @typedef {'microphone'|'camera'|'screen'} SourceKind */
/** @typedef {'stage'|'gallery'|'audio'} SlotKind */
/** @typedef {'off'|'on'|'muted'} SourceState */

/** @typedef {'none'|'send'|'receive'|'both'} Direction */

/**
 * What somebody may send, receive and do.
 * @typedef {object} Capabilities
 * @property {Direction} audio
 * @property {Direction} camera
 * @property {Direction} screen
 * @property {boolean} chat
 * @property {boolean} point
 */

/**
 * @typedef {object} Participant
 * @property {string} id
 * @property {string} name
 * @property {Role} role
 * @property {boolean} host
 * @property {number} [device] which of this person's devices, where he is in the tour on several
 * @property {'ok'|'lost'} link
 * @property {boolean} connected
 * @property {Record<SourceKind, SourceState>} sources
 * @property {Capabilities} [can] where it is not what the tour says for such people
 * @property {string} [hand] RFC 3339: it is up since then
 */

/**
 * @typedef {object} Tour
 * @property {string} name
 * @property {string} title
 * @property {'scheduled'|'lobby'|'live'|'waiting'|'ended'} state
 * @property {string} codec
 * @property {'auto'|'manual'|'off'} record
 * @property {boolean} recording
 * @property {boolean} [recording_paused]
 * @property {number} [viewers] who watch by WHEP
 * @property {boolean} [lobby] guests must be let in
 * @property {boolean} [locked] nobody new is let in
 * @property {string} [starts_at] RFC 3339
 * @property {string} [ends_at]
 * @property {any} [property]
 * @property {string|null} [lead] who of the hosts leads; of this and the next two who is not in is not told
 * @property {string|null} [spotlight]
 * @property {string} [missed] name of the host who is gone
 * @property {{host: Capabilities, guest: Capabilities}} [can] once joined
 * @property {object} [view] what the hosts want all to see
 * @property {{from: string|null, x?: number, y?: number, source?: string}} [pointer]
 */

/**
 * @typedef {object} Entry something that was said, asked, shown or decided
 * @property {number} seq
 * @property {string} at RFC 3339
 * @property {'chat'|'question'|'answer'|'hand'|'reaction'|'chapter'|'follow'|'pointer'|'spotlight'|'lock'|'host'|'retract'} kind
 * @property {string|null} from participant
 * @property {string} [name] of that one, then
 * @property {string} [text]
 * @property {'hosts'} [to]
 * @property {string} [question] "q3"
 * @property {'answered'|'dismissed'} [state]
 * @property {boolean} [up]
 * @property {string} [participant]
 * @property {string} [reaction]
 * @property {string} [title]
 * @property {object|null} [view]
 * @property {number} [x]
 * @property {number} [y]
 * @property {string} [source]
 * @property {number} [target] seq of what was taken back
 */

/**
 * @typedef {object} Slot
 * @property {string} mid
 * @property {SlotKind} kind
 * @property {number} index
 * @property {string|null} participant who fills the slot now
 * @property {SourceKind|null} source
 * @property {MediaStreamTrack|null} track
 * @property {boolean} paused nothing of the picture is sent: the connection does not carry it
 */

/**
 * @typedef {object} Welcome
 * @property {{name: string, role: Role, sub: string}} you
 * @property {Tour} tour
 * @property {{required: boolean, version: string, text: string}} consent
 * @property {RTCIceServer[]} [ice_servers] when the server has any
 */

export {};
