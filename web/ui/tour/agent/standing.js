// What becomes of oneself is said: that one leads now, or helps to, or does no more. Else the buttons would change under
// the finger without a word.

import { t } from '../../words/words.js';

/** @typedef {import('../model.js').TourModel} TourModel */

export class Standing {
  /** @param {TourModel} model who is a host from now on */
  constructor(model) {
    this.model = model;
    this.leads = model.isAgent && this.isLead; // whose tour it is knows that
    this.told = model.isAgent;
  }

  get isLead() {
    const { me, tour } = this.model;
    return Boolean(me) && tour?.lead === me?.id;
  }

  look() {
    const leads = this.isLead;
    if (leads && !this.leads) {
      this.model.say(t('agent.you_lead'));
    } else if (!this.told) {
      this.model.say(t('agent.you_help'));
    }
    this.told = true;
    this.leads = leads;
  }

  /** The console goes; nothing is said to who has left or whose tour is over. */
  end() {
    if (!this.model.client.over && !this.model.isHost) {
      this.model.say(t('agent.no_host'));
    }
  }
}
