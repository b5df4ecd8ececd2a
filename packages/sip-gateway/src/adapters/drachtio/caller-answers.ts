import type { Refusal } from '../../call/call-event.ts';
import type { SignalAct } from '../../sip/signalling.ts';
import type { SrfOutgoing, SrfServerResponse } from '../../sip/srf.ts';
import { capabilities } from './refuse-method.ts';
import { sendResponse } from './send-response.ts';
import { warningHeader } from './warning-header.ts';

/** Whoever forks more often than this shares the tag of the first. */
const mostTags = 16;

export interface CallerAnswersSettings {
  readonly contact: Readonly<Record<string, string>>;
  readonly newTag: (() => string) | undefined;
}

/**
 * The responses to A's INVITE. Each fork of B is a dialog of its own towards A (RFC 3261, section 12.1.1), by a To tag of
 * its own: drachtio-srf copies To into every response and lets nobody change it twice, so it is written where it keeps it.
 */
export class CallerAnswers {
  readonly #response: SrfServerResponse;
  readonly #settings: CallerAnswersSettings;
  readonly #tags = new Map<string, string>();
  readonly #to: string;

  constructor(response: SrfServerResponse, settings: CallerAnswersSettings) {
    this.#response = response;
    this.#settings = settings;
    this.#to = response.headers['to'] ?? '';
  }

  ring({ fork, status, sdp }: SignalAct & { readonly kind: 'ring-a' }): void {
    this.#speakAs(fork);
    sendResponse(this.#response, status, this.#described(sdp));
  }

  answer({ fork, sdp }: SignalAct & { readonly kind: 'answer-a' }, refused: () => void): void {
    this.#speakAs(fork);
    // RFC 3261, section 13.3.1.4: what else may be asked in this dialog
    const { headers, body } = this.#described(sdp);
    const outgoing = {
      headers: { ...headers, ...capabilities },
      ...(body === undefined ? {} : { body }),
    };
    sendResponse(this.#response, 200, outgoing, refused);
  }

  refuse({ status, warning }: Refusal): void {
    this.#response.headers['to'] = this.#to;
    // RFC 3261, section 21.5.4: when to come again
    const retry = status === 503 ? { 'Retry-After': '10' } : {};
    sendResponse(this.#response, status, { headers: { ...retry, ...warningHeader(warning) } });
  }

  #speakAs(fork: string): void {
    const { newTag } = this.#settings;
    if (newTag === undefined) return;
    const known = this.#tags.get(fork) ?? [...this.#tags.values()][mostTags - 1];
    const tag = known ?? newTag();
    if (known === undefined) this.#tags.set(fork, tag);
    this.#response.headers['to'] = `${this.#to};tag=${tag}`;
  }

  #described(sdp: string | undefined): SrfOutgoing {
    const { contact } = this.#settings;
    if (sdp === undefined) return { headers: contact };
    return { headers: { ...contact, 'Content-Type': 'application/sdp' }, body: sdp };
  }
}
