/** Fields that are each leg's own: who it is with, by which way, how long, in which dialog, and what the body is. */
const ownHeaders: ReadonlySet<string> = new Set(
  [
    'via route record-route path service-route contact from to call-id cseq max-forwards',
    'content-length content-type content-disposition content-encoding content-language mime-version',
    'require supported unsupported proxy-require allow allow-events accept accept-encoding',
    'authorization proxy-authorization www-authenticate proxy-authenticate authentication-info',
    'session-expires min-se rseq rack replaces join target-dialog event subscription-state',
    'refer-to refer-sub referred-by expires min-expires timestamp retry-after',
    // and the short names of them
    'v m f t i l c e k u o r b x',
  ]
    .join(' ')
    .split(' '),
);

/** Whether this is the name of a header field of A's INVITE that B may get as it is. */
export function isPassHeader(name: unknown): boolean {
  const isName = typeof name === 'string' && /^[\w!%*+.`'~-]+$/.test(name);
  return isName && !ownHeaders.has(name.toLowerCase());
}
