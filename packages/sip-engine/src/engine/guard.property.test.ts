// Whatever an application writes and whenever, nothing that leaves has a finding, and nothing is left when all is over.
import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { guardFindings } from '../guard/guard-findings.ts';
import {
  openGuardWorld,
  ours,
  peerHost,
  port,
  stranger,
  type GuardWorld,
} from '../testing/guard-world.ts';

const session = (host: string): string =>
  `v=0\r\no=- 1 1 IN IP4 ${stranger}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n`;
const own = { advertised: { host: ours, port }, mediaHosts: [ours] };
const callId = 'call';

/** What somebody does next. */
type Act =
  | {
      readonly by: 'app-answers';
      readonly method: string;
      readonly status: number;
      readonly isDirty: boolean;
    }
  | { readonly by: 'app-asks'; readonly method: string; readonly isDirty: boolean }
  | { readonly by: 'peer-asks'; readonly method: string }
  | { readonly by: 'peer-answers'; readonly method: string; readonly status: number }
  | { readonly by: 'time'; readonly ms: number };

const methods = ['INVITE', 'UPDATE', 'INFO', 'BYE'] as const;
const method = fc.constantFrom(...methods);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    by: fc.constant('app-answers' as const),
    method,
    status: fc.constantFrom(180, 183, 200, 200, 302, 486),
    isDirty: fc.boolean(),
  }),
  fc.record({
    by: fc.constant('app-asks' as const),
    method: fc.constantFrom(...methods, 'ACK', 'OPTIONS'),
    isDirty: fc.boolean(),
  }),
  fc.record({
    by: fc.constant('peer-asks' as const),
    method: fc.constantFrom(...methods, 'ACK', 'CANCEL', 'INVITE'),
  }),
  fc.record({
    by: fc.constant('peer-answers' as const),
    method,
    status: fc.constantFrom(180, 200, 200, 488),
  }),
  fc.record({ by: fc.constant('time' as const), ms: fc.constantFrom(1, 600, 5_000) }),
);

/** Both ends of one call as they know it: the tags, and the numbers of the peer. */
class Play {
  readonly #world: GuardWorld;
  #sequence = 0;
  #toTag: string | undefined;

  constructor(world: GuardWorld) {
    this.#world = world;
  }

  async perform(next: Act): Promise<void> {
    const { run } = this.#world;
    switch (next.by) {
      case 'app-answers':
        this.#appAnswers(next);
        break;
      case 'app-asks':
        this.#appAsks(next);
        break;
      case 'peer-asks':
        this.#peerAsks(next.method);
        break;
      case 'peer-answers':
        this.#peerAnswers(next);
        break;
      case 'time':
        await run(next.ms);
        break;
      default:
        next satisfies never;
    }
    await run(3);
    this.#learnTag();
  }

  #appAnswers({ method: what, status, isDirty }: Act & { by: 'app-answers' }): void {
    const { app } = this.#world;
    const transaction = app.transactionOf(`${what} `);
    const contact = isDirty ? [`Contact: <sip:x@${stranger}>`] : [];
    const body = session(isDirty ? stranger : ours);
    if (transaction !== '') app.say(`${transaction}|`, [`SIP/2.0 ${status} So`, ...contact], body);
  }

  #appAsks({ method: what, isDirty }: Act & { by: 'app-asks' }): void {
    const { app } = this.#world;
    const isOutside = this.#toTag === undefined || what === 'OPTIONS';
    const ids = isOutside ? '|' : `|${callId};from-tag=peer`;
    const uri = isOutside ? `sip:b@${peerHost}` : 'sip:placeholder';
    app.say(ids, [`${what} ${uri} SIP/2.0`], session(isDirty ? stranger : ours));
  }

  #peerAsks(what: string): void {
    const { peer } = this.#world;
    const isSame = what === 'ACK' || what === 'CANCEL';
    if (!isSame) this.#sequence += 1;
    const body = what === 'INVITE' || what === 'UPDATE' ? { body: session(peerHost) } : {};
    const sequence = Math.max(this.#sequence, 1);
    const branch = `z9hG4bK${sequence}${what === 'ACK' ? 'ack' : ''}`;
    const toTag = what === 'CANCEL' ? undefined : this.#toTag;
    peer.send({ method: what, callId, toTag, sequence, branch, ...body });
  }

  #peerAnswers({ method: what, status }: Act & { by: 'peer-answers' }): void {
    const { peer } = this.#world;
    const asked = peer.got.findLast(
      ({ message }) => message.kind === 'request' && message.method === what,
    );
    if (asked?.message.kind !== 'request') return;
    peer.respond(asked.message, status, what === 'BYE' ? {} : { body: session(peerHost) });
  }

  /** The tag of the dialog that our answers made. */
  #learnTag(): void {
    for (const { message, essentials } of this.#world.peer.got) {
      const isAnswer = message.kind === 'response' && message.status > 100 && message.status < 300;
      if (isAnswer && essentials.cseq.method === 'INVITE') this.#toTag ??= essentials.toTag;
    }
  }
}

describe('whatever an application writes', () => {
  test.prop([fc.array(act, { minLength: 3, maxLength: 25 })], { numRuns: 60 })(
    'nothing that leaves tells a stranger, and nothing is left of it',
    async (acts) => {
      const world = await openGuardWorld();
      const play = new Play(world);
      await play.perform({ by: 'peer-asks', method: 'INVITE' });
      for (const each of acts) await play.perform(each);
      for (const { message } of world.peer.got) {
        expect(guardFindings(message, own)).toEqual([]);
      }
      // its application gone, each call comes to an end
      world.app.hangUp();
      await world.run(400_000);
      const left = { transactions: 0, dialogs: 0, timers: 0 };
      expect(world.engine.counts()).toMatchObject(left);
      await world.engine.close();
      expect(world.clock.pending).toBe(0);
    },
  );
});
