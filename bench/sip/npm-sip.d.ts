// The part of npm's `sip` 0.0.6 that the bench uses. Its functions are put on the module when it starts.
// oxlint-disable-next-line house/erasable -- the only form that gives types to a package without any
declare module 'sip' {
  interface NpmSipMessage {
    readonly method: string;
    readonly headers: {
      to: { params: { tag?: string } };
      contact?: readonly { readonly uri: string }[];
      'content-type'?: string;
    };
    content?: string;
  }
  const npmSip: {
    start(options: object, onRequest: (request: NpmSipMessage) => void): void;
    stop(): void;
    send(message: NpmSipMessage): void;
    makeResponse(request: NpmSipMessage, status: number, reason?: string): NpmSipMessage;
  };
  export default npmSip;
}
