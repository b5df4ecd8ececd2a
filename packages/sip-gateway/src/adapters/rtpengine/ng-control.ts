import { setTimeout } from 'node:timers';
import rtpengineClient from 'rtpengine-client';
import { GatewayError } from '../../errors.ts';

export type NgCommand = 'ping' | 'offer' | 'answer' | 'delete' | 'query';

/** What a command is about, as bencode can have it. */
export interface NgDictionary {
  readonly [key: string]: string | number | NgDictionary | readonly string[];
}

/** A reply of rtpengine's ng protocol that was not an error. */
export type NgReply = Readonly<Record<string, unknown>>;

/** Where an rtpengine daemon takes commands (its ng protocol). */
export interface NgEndpoint {
  readonly host: string;
  /** UDP port of --listen-ng. */
  readonly port: number;
}

/** Requests to one rtpengine: each is answered, refused or timed out. */
export interface NgControl {
  /**
   * @returns undefined for a call that rtpengine does not know
   * @throws GatewayError MediaRelayUnreachable, MediaRelayRefused
   */
  readonly ask: (command: NgCommand, dictionary: NgDictionary) => Promise<NgReply | undefined>;
  /** Waits for what is under way, then closes the socket. */
  readonly close: () => Promise<void>;
}

/** Characters of a cookie: a UUID. */
const cookieLength = 36;

/**
 * rtpengine-client prints what answers no request of its own on standard output, between the lines of a log: a reply that comes late or
 * twice, with the keys of SRTP in it, and whatever anybody sends to its socket.
 */
class QuietClient extends rtpengineClient.Client {
  // oxlint-disable-next-line no-underscore-dangle -- its names
  override _onMessage(datagram: Buffer): void {
    // oxlint-disable-next-line no-underscore-dangle
    if (this.messages.has(datagram.toString('latin1', 0, cookieLength))) super._onMessage(datagram);
  }

  // oxlint-disable-next-line no-underscore-dangle
  override _onParsedMessage(reply: { readonly id: string }): void {
    // oxlint-disable-next-line no-underscore-dangle
    if (this.messages.has(reply.id)) super._onParsedMessage(reply);
  }
}

/**
 * A request that is not answered within half of the time-out is sent once more, so that one datagram that is lost costs no call. rtpengine
 * carries both out: told the same again it changes nothing, and answers the same.
 */
export function ngControl(at: NgEndpoint, timeoutMs: number): NgControl {
  const client = new QuietClient({ timeout: timeoutMs });
  // of a reply that cannot be read, which is none
  client.on('error', () => undefined);
  const underWay = new Set<Promise<unknown>>();
  const send = (command: NgCommand, dictionary: NgDictionary): Promise<unknown> =>
    command === 'ping' ? client.ping(at) : client[command](at, dictionary);
  const exchange = async (command: NgCommand, dictionary: NgDictionary): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    // what comes after the first answer, or after the end, is heard by nobody
    const tryOnce = (): void => void send(command, dictionary).then(resolve, reject);
    const again = setTimeout(tryOnce, timeoutMs / 2);
    const end = setTimeout(reject, timeoutMs, new Error(`no reply within ${timeoutMs} ms`));
    try {
      tryOnce();
      return await promise;
    } finally {
      clearTimeout(again);
      clearTimeout(end);
    }
  };
  return {
    async ask(command, dictionary) {
      const reply = exchange(command, dictionary);
      underWay.add(reply);
      try {
        return judge(command, (await reply) as NgReply);
      } catch (error) {
        throw GatewayError.is(error) ? error : unreachable(command, at, error);
      } finally {
        underWay.delete(reply);
      }
    },
    async close() {
      await Promise.allSettled(underWay);
      client.close();
      for (const timer of client.timers.values()) clearTimeout(timer);
    },
  };
}

function judge(command: NgCommand, reply: NgReply): NgReply | undefined {
  if (reply['result'] === 'ok' || reply['result'] === 'pong') return reply;
  const reason = String(reply['error-reason'] ?? reply['result']);
  // ng has no codes, so that this one text is all there is to tell an unknown call by
  if (reason === 'Unknown call-id') return undefined;
  throw new GatewayError({
    code: 'MediaRelayRefused',
    message: `rtpengine refused ${command}: ${reason}.`,
    remedy: "See rtpengine's log; a range of ports that is used up is widened by -m and -M.",
    retry: 'later',
  });
}

function unreachable(command: NgCommand, { host, port }: NgEndpoint, cause: unknown): GatewayError {
  return new GatewayError({
    code: 'MediaRelayUnreachable',
    message: `rtpengine at ${host}:${port} did not answer ${command}.`,
    remedy: 'See that rtpengine runs and that --listen-ng names this address.',
    retry: 'later',
    cause,
  });
}
