import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { setInterval, setTimeout } from 'node:timers';
import { GatewayError } from '../../errors.ts';
import { decodeBencode, encodeBencode, type Bencodable } from './bencode.ts';

export type NgCommand = 'ping' | 'offer' | 'answer' | 'delete' | 'query';

/** What a command is about. */
export type NgDictionary = Readonly<Record<string, Bencodable>>;

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

/** How often a request goes out at most: one datagram that is lost costs no call. */
const mostSent = 4;

/**
 * The ng protocol over UDP: `COOKIE DICTIONARY` in bencode, and the reply with the same cookie. A request that is repeated with its cookie
 * is answered again and not carried out again.
 */
export function ngControl(at: NgEndpoint, timeoutMs: number): NgControl {
  const socket = createSocket('udp4');
  /** By cookie. Who is not here any more has been told already. */
  const waiting = new Map<string, (reply: NgReply) => void>();
  const underWay = new Set<Promise<unknown>>();
  let isClosing = false;
  // an ICMP error is what a lost request looks like: the next one may arrive
  socket.on('error', () => undefined);
  socket.on('message', (bytes) => {
    const end = bytes.indexOf(0x20);
    const take = waiting.get(bytes.toString('latin1', 0, Math.max(end, 0)));
    if (take === undefined) return;
    const reply = decodeBencode(bytes.subarray(end + 1));
    if (reply !== undefined) take(reply);
  });
  const exchange = async (text: string): Promise<NgReply | undefined> => {
    const cookie = randomUUID();
    const answered = Promise.withResolvers<NgReply | undefined>();
    const send = (): void => socket.send(`${cookie} ${text}`, at.port, at.host);
    waiting.set(cookie, answered.resolve);
    const repeating = setInterval(send, timeoutMs / mostSent);
    const ending = setTimeout(() => answered.resolve(undefined), timeoutMs);
    try {
      send();
      return await answered.promise;
    } finally {
      clearInterval(repeating);
      clearTimeout(ending);
      waiting.delete(cookie);
    }
  };
  return {
    async ask(command, dictionary) {
      if (isClosing) throw unreachable(command, at);
      const answered = exchange(encodeBencode({ ...dictionary, command }));
      underWay.add(answered);
      try {
        const reply = await answered;
        if (reply === undefined) throw unreachable(command, at);
        return judge(command, reply);
      } finally {
        underWay.delete(answered);
      }
    },
    async close() {
      isClosing = true;
      await Promise.allSettled(underWay);
      socket.close();
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

function unreachable(command: NgCommand, { host, port }: NgEndpoint): GatewayError {
  return new GatewayError({
    code: 'MediaRelayUnreachable',
    message: `rtpengine at ${host}:${port} did not answer ${command}.`,
    remedy: 'See that rtpengine runs and that --listen-ng names this address.',
    retry: 'later',
  });
}
