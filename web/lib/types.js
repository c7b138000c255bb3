// The words of protocol oriel.v1 (docs/protocol.md) as types. No code.

/** @typedef {'buyer'|'agent'|'ops'} Role */
/** @typedef {'microphone'|'camera'|'screen'} SourceKind */
/** @typedef {'stage'|'gallery'|'audio'} SlotKind */
/** @typedef {'off'|'on'|'muted'} SourceState */
/** @typedef {'on'|'off'|'paused'|'failing'} RecordingState */
/** @typedef {'connecting'|'live'|'reconnecting'} LinkState */

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
 * @property {string} [recording_since] RFC 3339: the recording that runs has begun then; its time goes on through pauses
 * @property {string} [recording_paused_since] RFC 3339: while it is paused
 * @property {boolean} [recording_failing] nothing can be written now
 * @property {number} [viewers] who watch by WHEP
 * @property {boolean} [lobby] guests must be let in
 * @property {boolean} [locked] nobody new is let in
 * @property {string} [starts_at] RFC 3339
 * @property {string} [ends_at]
 * @property {any} [property]
 * @property {string|null} [lead] who of the hosts leads; of this and the next two who is not in is not told
 * @property {string|null} [spotlight]
 * @property {string} [missed] name of the host who is gone
 * @property {string} [led_by] name of the host who leads, for who has not joined
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
 * @property {{required: boolean, version: string, text: string, texts?: Record<string, string>}} consent `texts`: the same in other languages
 * @property {RTCIceServer[]} [ice_servers] when the server has any
 */

/**
 * Why a device is not, or is again, to be had.
 * @typedef {'device_denied'|'device_denied_by_system'|'device_missing'|'device_busy'|'device_insecure'|'device_failed'
 *   |'device_lost'|'device_interrupted'|'device_back'|'screen_ended'} DeviceCode
 */

/** @typedef {'lost'|'interrupted'|'back'|'failed'} DeviceState */

/**
 * @typedef {object} DeviceNews
 * @property {SourceKind} kind
 * @property {DeviceState} state
 * @property {DeviceCode} code
 * @property {string} message for people: what happened and what to do
 * @property {MediaStreamTrack|null} track with `back`: what is sent now
 */

/** @typedef {'good'|'fair'|'poor'|'off'} Quality */

/**
 * @typedef {object} LinkStats the connection; rates since the last call
 * @property {Quality} quality
 * @property {number} rttMs
 * @property {number} upKbps
 * @property {number} downKbps
 * @property {string|null} protocol `udp`, `tcp` or, to a relay, `tls`
 * @property {boolean} relay by TURN
 */

/**
 * @typedef {object} SourceStats what one sends
 * @property {SourceKind} kind
 * @property {Quality} quality `off`: nothing is sent
 * @property {number} kbps
 * @property {number} rttMs
 * @property {number} lossPercent on the way to the server
 * @property {number} width of the largest picture, 0 for sound
 * @property {number} height
 * @property {number} fps
 * @property {string} limited `none`, or by what: `bandwidth`, `cpu`, `other`
 */

/**
 * @typedef {object} SlotStats what one is shown or hears
 * @property {string} mid
 * @property {SlotKind} kind
 * @property {string|null} participant
 * @property {SourceKind|null} source
 * @property {Quality} quality `off`: nobody fills it
 * @property {number} kbps
 * @property {number} lossPercent on the way from the server, before repair
 * @property {number} jitterMs
 * @property {number} width 0 for sound
 * @property {number} height
 * @property {number} fps
 * @property {number} frozenMs since the last call
 */

/**
 * @typedef {object} TourStats
 * @property {Quality} quality the worst of all
 * @property {LinkStats} link
 * @property {SourceStats[]} sources
 * @property {SlotStats[]} slots
 */

/**
 * What is to be known of a connection: docs/client.md has each with what to do.
 * @typedef {'good'|'udp_blocked'|'relay_only'|'narrow_up'|'narrow'|'lossy'|'far'|'media_blocked'|'websocket_blocked'
 *   |'unreachable'|'offline'|'no_webrtc'|'token'|'not_allowed'|'busy'|'no_answer'} Cause
 */

/**
 * @typedef {object} CheckOptions
 * @property {string} url ws: or wss: URL of /v1/signal
 * @property {string} token
 * @property {string} [tour] where the token is for any
 * @property {number} [seconds] so long the bandwidth is measured: 4 when nothing is said
 * @property {number} [patience] [ms] so long a way may take to be found: 6000 when nothing is said
 */

/**
 * @typedef {object} Verdict of `checkConnection`; null: not tried, or not measured
 * @property {boolean} ok one can take part
 * @property {Cause} cause
 * @property {string|null} code of the server or the library, when something went wrong before the ways were tried
 * @property {string} text in one line: "UDP blocked, TCP works, 12 ms, 2.4 Mbit/s down, 2.5 Mbit/s up"
 * @property {string} advice what to do; '' when all is well
 * @property {boolean|null} udp
 * @property {boolean|null} tcp
 * @property {boolean|null} turn by a relay; tried when the server has some
 * @property {number|null} rttMs
 * @property {number|null} lossPercent there and back
 * @property {number|null} downKbps at least; no more than what was sent, some 2500
 * @property {number|null} upKbps likewise
 */

/**
 * @typedef {object} ClientOptions
 * @property {string} url ws: or wss: URL of /v1/signal
 * @property {string} token
 * @property {string} [tour] where the token is for any
 * @property {number} [gallery] places besides the stage: 8 when nothing is said
 * @property {number} [audio] voices at once: 3 when nothing is said
 * @property {boolean} [recoverDevices] a camera or microphone that was lost is opened and sent again: true when nothing is said
 * @property {(() => Promise<string>)|null} [getToken] a fresh token of the same person, when one is needed in mid-tour
 */

/**
 * @typedef {object} JoinOptions
 * @property {string} name used when the token has none
 * @property {string} codec of the tour, as `look` told
 * @property {{recording: boolean, version: string}} [consent] when the tour is recorded
 * @property {'ask'|'take_over'|'beside'} [seat] what becomes of one's seats on other devices: `ask` when nothing is said
 */

/**
 * Events of the client by name, and what each tells.
 * @typedef {object} ClientEvents
 * @property {Participant[]} roster hosts first, then by name
 * @property {Slot} slot who fills it now
 * @property {string|null} speaker a participant
 * @property {Map<string, Quality>} reception hosts: who does not receive well, by participant
 * @property {RecordingState} recording
 * @property {Capabilities} can one's own have changed
 * @property {SourceKind} withdrawn it may not be sent any more, and is not
 * @property {{source: SourceKind, by: Participant|null}} muted a host has muted it, and it is not sent any more
 * @property {{source: SourceKind, code: string, message: string}} refused the server does not take it, and it is not sent any more
 * @property {LinkState} link
 * @property {Tour} tour it is different
 * @property {{at: string, reason: string}} ending it will end by itself
 * @property {Entry} entry something was said
 * @property {void} entrieslost some of what was said while we were away is not to be had any more
 * @property {{tour: Tour}} lobby we wait to be let in
 * @property {void} admitted we are let in, and join
 * @property {void} back in again, after waiting anew in the lobby
 * @property {Participant[]} waiting hosts: who waits, in the order of coming
 * @property {DeviceNews} device something has become of a camera, microphone or screen that is sent
 * @property {void} devices others are there than before: list them anew
 * @property {{code: string, message: string}} ended once
 * @property {void} negotiationneeded never; a test listens for it
 */

export {};
