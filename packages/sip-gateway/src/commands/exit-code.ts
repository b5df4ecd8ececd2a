/** How `truetuple-gateway` ends. */
export const exitCodes = {
  /** As asked, by SIGTERM or SIGINT, and nothing failed meanwhile; or a command that did its work. */
  asked: 0,
  /** A defect of ours. */
  unexpected: 1,
  /** The command line, the configuration or a file was refused. */
  refused: 2,
  /** The identity could not be taken, or did not appear in time. */
  noIdentity: 3,
  /** Sockets, relay or SIP server could not be opened. */
  notStarted: 4,
  /** The media relay failed, or did not answer at the end; its calls were ended. */
  relayFailed: 5,
  /** The identity was lost, withdrawn, or is another one. */
  identityLost: 6,
  /** All was ended, but the identity could not be given back: a reaper has to. */
  notReleased: 7,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
