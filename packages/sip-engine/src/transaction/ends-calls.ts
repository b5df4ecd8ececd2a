/** Requests without which the call goes on at the peer: they always have room, and are repeated whatever the kernel says. */
export const endsCalls: ReadonlySet<string> = new Set(['BYE', 'CANCEL']);
