import type { NetlinkError } from './errors.ts';
import type { NetnsReference } from './network-namespace.ts';
import type { KernelAnswer } from './wire/kernel-answer.ts';

/** Called with each message of an answer, while it lies in the receive buffer: copy what you keep. */
export type OnMessage = (type: number, view: DataView, start: number, end: number) => void;

/** One request. */
export interface Exchange {
  /** A finished message, valid now; its sequence number is written by the conversation. */
  readonly message: Uint8Array;
  /** What ends it: an ACK, the first message (a get without ACK), or DONE. */
  readonly until: 'ack' | 'answer' | 'done';
  /** The kernel takes milliseconds for it: send it from the thread pool. */
  readonly offLoop?: boolean;
  /** What is tried, on what; asked for only when it fails. */
  readonly describe: () => string;
  readonly onMessage?: OnMessage;
  /** Where to ask, when it is not the namespace of the socket; a socket is opened there for it. */
  readonly netns?: NetnsReference;
  /** Set when `message` is several messages back to back, which the kernel answers one by one. */
  readonly batch?: BatchAnswers;
}

/** Judges the answers to the messages of one batch. */
export interface BatchAnswers {
  /** How many messages there are. */
  readonly count: number;
  /** Takes the ACK or refusal of message `index`; gives how the whole ended, or undefined: it goes on. */
  readonly take: (index: number, answer: KernelAnswer) => NetlinkError | 'done' | undefined;
  /** The refusal taken so far: it is certain, even when later answers were lost. */
  readonly refusal: () => NetlinkError | undefined;
}
