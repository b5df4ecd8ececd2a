import { randomUUID } from 'node:crypto';
import { sdpAt, sipText } from './sip-text.ts';
import { answerCalls, connectCalls } from './srf-application.ts';
import { startOnStub, type StubScript, type StubSocket } from './srf-stub.ts';

const time = '12:00:00.000000';
const caller = { address: '127.0.0.1', port: 5091 };
const callee = { address: '127.0.0.1', port: 5092 };
const sdp = sdpAt({ address: '127.0.0.1', port: 40_000 });

/** One call that the stub plays: ends when everything that a server hears of such a call has come. */
interface StubCall {
  readonly number: number;
  /** What the application still has to say. */
  open: number;
}

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(String(error));
}

/** Plays calls without a pause, a few at a time, until the number is reached. */
export class StubCalls {
  readonly #kind: 'uas' | 'b2bua';
  readonly #calls = new Map<string, StubCall>();
  #socket: StubSocket | undefined;
  #placed = 0;
  #ended = 0;
  #wanted = 0;
  #done: () => void = () => undefined;

  constructor(kind: 'uas' | 'b2bua') {
    this.#kind = kind;
  }

  async start(): Promise<void> {
    const script: StubScript = {
      onFrame: (_stub, id, fields, sip) => this.#hear(id, fields, sip),
    };
    this.#socket = await startOnStub((app) => {
      if (this.#kind === 'uas') answerCalls(app, sdp, fail);
      else connectCalls(app, callee, fail);
    }, script);
  }

  /** @param atOnce calls under way at a time */
  async play(calls: number, atOnce: number): Promise<void> {
    this.#wanted = this.#ended + calls;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    const last = this.#placed + calls;
    for (let begun = 0; begun < atOnce && this.#placed < last; begun++) this.#place();
    await done;
  }

  #place(): void {
    const number = this.#placed;
    this.#placed += 1;
    const callId = `${number}-a@stub`;
    this.#calls.set(`${number}`, { number, open: this.#kind === 'uas' ? 1 : 2 });
    const lines = [`INVITE sip:service@127.0.0.1:5060 SIP/2.0`, ...this.#head(callId, '1 INVITE')];
    const text = sipText([...lines, 'Contact: <sip:a@127.0.0.1:5091>', 'Max-Forwards: 70'], sdp);
    this.#tellNetwork(text, caller.port, `i${number}`, '', '|127.0.0.1|5060|');
  }

  #head(callId: string, cseq: string, fromTag = 'from'): string[] {
    const via = 'Via: SIP/2.0/UDP 127.0.0.1:5091;branch=z9hG4bKstub';
    const from = `From: a <sip:a@127.0.0.1:5091>;tag=${fromTag}`;
    return [via, from, 'To: b <sip:b@127.0.0.1:5060>', `Call-ID: ${callId}`, `CSeq: ${cseq}`];
  }

  #tellNetwork(text: string, port: number, txn: string, dialog: string, more = '|'): void {
    const leader = `sip|network|${text.length}|udp|127.0.0.1|${port}|${time}|${txn}|${dialog}`;
    this.#socket?.tell(`${leader}${more}\r\n${text}`);
  }

  #hear(id: string, fields: readonly string[], sip: string): void {
    const [verb, txn = '', dialog = ''] = fields;
    if (verb !== 'sip') {
      this.#socket?.tell(`response|${id}|OK`);
      return;
    }
    if (sip.startsWith('SIP/2.0 ')) this.#answered(id, txn, sip);
    else if (sip.startsWith('INVITE ')) this.#invited(id, sip);
    else if (sip.startsWith('ACK ')) this.#echo(id, `${randomUUID()}|`, sip);
    else if (sip.startsWith('BYE ')) this.#byed(id, dialog, sip);
  }

  /** "Msg sent" with the text as it was written, and what a server puts in. */
  #echo(id: string, names: string, sip: string): void {
    const origin = `application|${sip.length}|udp|127.0.0.1|5060|${time}`;
    this.#socket?.tell(`response|${id}|OK|${origin}|${names}|Msg sent:|\r\n${sip}`);
  }

  /** A response of the application to leg A: 18x, 200 to INVITE, 200 to BYE. */
  #answered(id: string, txn: string, sip: string): void {
    const number = txn.slice(1);
    const callId = `${number}-a@stub`;
    const dialog = `${callId};from-tag=from`;
    const isInvite = txn.startsWith('i');
    const tagged = sip.replace(/^to: .*$/im, 'To: b <sip:b@127.0.0.1:5060>;tag=to');
    const told = tagged.replace('\r\n', '\r\nContact: <sip:127.0.0.1:5060>\r\n');
    this.#echo(id, isInvite ? `${txn}|${dialog}|` : `${txn}||`, told);
    if (!sip.startsWith('SIP/2.0 200')) return;
    if (!isInvite) {
      this.#count(number);
      return;
    }
    const to = 'sip:service@127.0.0.1:5060';
    const ack = sipText([`ACK ${to} SIP/2.0`, ...this.#head(callId, '1 ACK')]);
    this.#tellNetwork(ack, caller.port, txn, dialog);
    const bye = sipText([`BYE ${to} SIP/2.0`, ...this.#head(callId, '2 BYE')]);
    this.#tellNetwork(bye, caller.port, `b${number}`, dialog);
  }

  /** Leg B: the echo, then 180 and 200 of a callee. */
  #invited(id: string, sip: string): void {
    // the call's number is in leg A's From, which drachtio-srf keeps only by the order of calls: leg B is named anew
    const number = `${this.#legs}`;
    this.#legs += 1;
    const txn = `c${number}`;
    const callId = `${number}-b@stub`;
    const head = this.#head(callId, '1 INVITE', 'fromb');
    const body = sip.slice(sip.indexOf('\r\n\r\n') + 4);
    const uri = sip.slice(0, sip.indexOf('\r\n'));
    const sent = sipText([uri, ...head, 'Contact: <sip:127.0.0.1:5060>'], body);
    this.#echo(id, txn, sent);
    const dialog = `${callId};from-tag=fromb`;
    const answer = head.map((line) => (line.startsWith('To:') ? `${line};tag=tob` : line));
    const contact = 'Contact: <sip:b@127.0.0.1:5092>';
    const ringing = sipText(['SIP/2.0 180 Ringing', ...answer, contact]);
    this.#tellNetwork(ringing, callee.port, txn, dialog);
    const ok = sipText(['SIP/2.0 200 OK', ...answer, contact], sdp);
    this.#tellNetwork(ok, callee.port, txn, dialog);
  }

  #byed(id: string, dialog: string, sip: string): void {
    const number = dialog.slice(0, dialog.indexOf('-'));
    const txn = `d${number}`;
    const head = this.#head(`${number}-b@stub`, '2 BYE', 'fromb');
    this.#echo(id, txn, sipText([sip.slice(0, sip.indexOf('\r\n')), ...head]));
    this.#tellNetwork(sipText(['SIP/2.0 200 OK', ...head]), callee.port, txn, dialog);
    this.#count(number);
  }

  #legs = 0;

  #count(number: string): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    call.open -= 1;
    if (call.open > 0) return;
    this.#calls.delete(number);
    this.#ended += 1;
    if (this.#placed < this.#wanted) this.#place();
    if (this.#ended === this.#wanted) this.#done();
  }
}
