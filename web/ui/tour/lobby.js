// Who waits to be let in is told of nothing but that, so the page asks whether the host has come.

/** @typedef {import('../../lib/oriel.js').OrielClient} OrielClient */
/** @typedef {import('../../lib/types.js').Tour} Tour */

const LOOK_MS = 4000; // between two looks

export class LobbyWatch {
  /** @param {(tour: Tour, lost: boolean) => void} tell the tour as it is now, and that the connection is lost */
  constructor(tell) {
    this.tell = tell;
    /** @type {OrielClient|null} whose lobby it is; null: nobody waits */
    this.client = null;
    /** @type {Tour|null} */
    this.tour = null;
    /** @type {any} */
    this.timer = undefined;
  }

  /** @param {OrielClient} client @param {Tour} tour */
  begin(client, tour) {
    this.end();
    this.client = client;
    this.see(tour, false);
    this.timer = setInterval(() => this.ask(), LOOK_MS);
  }

  end() {
    clearInterval(this.timer);
    this.client = null;
  }

  /** @param {Tour} tour @param {boolean} lost */
  see(tour, lost) {
    this.tour = tour;
    this.tell(tour, lost);
  }

  /** The connection is lost; who waits is in the lobby again when it is back. */
  lose() {
    if (this.client && this.tour) {
      this.see(this.tour, true);
    }
  }

  async ask() {
    const { client } = this;
    const can = client?.signal?.isOpen() && !client.reconnecting && !client.lobby.entering;
    const welcome = client && can ? await client.look().catch(() => null) : null;
    if (welcome && this.client === client) {
      this.see(welcome.tour, false);
    }
  }
}
