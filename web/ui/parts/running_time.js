// <oriel-running-time>: the time since something began, which runs by itself and has nothing else drawn again.

import { define, Part } from './element.js';
import { clock } from '../words/format.js';

export class RunningTime extends Part {
  static properties = { since: { type: Number } };

  constructor() {
    super();
    this.since = 0; // [ms, as Date.now]
  }

  connectedCallback() {
    super.connectedCallback();
    this.every(1000);
  }

  render() {
    return clock(Math.max(0, Date.now() - this.since) / 1000); // clocks of two machines may differ
  }
}

define('oriel-running-time', RunningTime);
