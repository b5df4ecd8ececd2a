import rtpengineClient from 'rtpengine-client';
import { GatewayError } from '../../errors.ts';

export type NgCommand = 'ping' | 'offer' | 'answer' | 'delete' | 'query';

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
  readonly ask: (command: NgCommand, dictionary: object) => Promise<NgReply | undefined>;
  /** Waits for what is under way, then closes the socket. */
  readonly close: () => Promise<void>;
}

export function ngControl(at: NgEndpoint, timeoutMs: number): NgControl {
  const client = new rtpengineClient.Client({ timeout: timeoutMs });
  // a reply that came after its time-out: whoever asked has been told already
  client.on('error', () => undefined);
  const underWay = new Set<Promise<unknown>>();
  return {
    async ask(command, dictionary) {
      const reply = command === 'ping' ? client.ping(at) : client[command](at, dictionary);
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
