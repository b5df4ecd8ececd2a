/** One received datagram; the same object and buffer are filled again by the next receive. */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** How many of `bytes` are filled. */
  length: number;
  /** The datagram was longer than `bytes`. */
  truncated: boolean;
  /** The sender's port id: 0 is the kernel. */
  sender: number;
}

/** How a conversation reaches its peer: the addon's socket, or a fake kernel in tests. */
export interface Transport {
  /** The longest message that `send` takes, in bytes. */
  readonly maxBytes: number;
  /** How many refusals the receive buffer holds: of no more may the kernel have reason. */
  readonly maxRefusals: number;
  /** Whether all answers but a listing's lie there when `send` has returned: what is missing then never comes. */
  readonly answersWithinSend: boolean;
  /** Sends at once. Returns 0 or -errno. */
  send(message: Uint8Array): number;
  /** As `send`, for what the kernel takes milliseconds for; the message is copied first. */
  sendOffLoop(message: Uint8Array): Promise<number>;
  /** Fills `datagram` and returns 0, or returns -errno: -EAGAIN when there is nothing. */
  receive(datagram: Datagram): number;
  /** Calls `listener` (given once) when something can be received, while `wanted` is true. */
  onReadable(listener: () => void): void;
  wantReadable(wanted: boolean): void;
  close(): void;
}
