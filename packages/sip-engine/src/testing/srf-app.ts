import { createEngineBench, type EngineBench } from './engine-bench.ts';

/** The part of drachtio-srf 5.0.29 that tests use, with the types that its own declarations get wrong. */
export interface SrfMessage {
  readonly method: string;
  readonly status: number;
  readonly body: string;
  readonly reason: string;
  get(name: string): string;
}

/** A request that an application got, or one that it sent. */
export interface SrfRequest extends SrfMessage {
  readonly uri: string;
  on(event: string, listener: (message: SrfMessage) => void): void;
  cancel(done?: (error: Error | null) => void): void;
}

/** A request's response, to be sent. */
export interface SrfResponse {
  send(
    status: number,
    options?: object,
    done?: (error: unknown) => void,
    onPrack?: (prack: SrfMessage) => void,
  ): void;
}

/** A dialog of drachtio-srf. */
export interface SrfDialog {
  readonly id: string;
  readonly remote: { readonly sdp: string };
  on(event: string, listener: (req: SrfMessage, res: SrfResponse) => void): this;
  destroy(): Promise<SrfRequest>;
  modify(sdp: string): Promise<string>;
  request(options: object): Promise<SrfMessage>;
}

/** What an application does with a request. */
export type Handler = (req: SrfRequest, res: SrfResponse) => void;

/** An application of drachtio-srf, as far as tests use one: its own types do not say what it is. */
export interface SrfApp {
  readonly idle: boolean;
  listen(options: object): void;
  connect(options: object): void;
  disconnect(): void;
  on(event: string, listener: (...args: never[]) => void): void;
  use(handler: Handler): void;
  invite(handler: Handler): void;
  options(handler: Handler): void;
  request(uri: string, options: object): Promise<SrfRequest>;
  createUAS(req: SrfRequest, res: SrfResponse, options: object): Promise<SrfDialog>;
  createUAC(uri: string, options: object, callbacks?: object): Promise<SrfDialog>;
  createB2BUA(
    req: SrfRequest,
    res: SrfResponse,
    uri: string,
    options: object,
  ): Promise<{ readonly uas: SrfDialog; readonly uac: SrfDialog }>;
}

/** An engine with a drachtio-srf application on it. */
export interface AppBench extends EngineBench {
  readonly app: SrfApp;
}

/**
 * Starts an application on an engine, in memory.
 * @param Srf what drachtio-srf exports
 * @param setUp registers handlers
 */
export async function startApp(
  Srf: unknown,
  setUp: (app: SrfApp) => void,
  bench: EngineBench = createEngineBench(),
): Promise<AppBench> {
  const app = new (Srf as new () => SrfApp)();
  setUp(app);
  app.listen({ server: bench.server, secret: 'bench' });
  bench.engine.attach(bench.server);
  await bench.run(0);
  if (bench.engine.counts().apps !== 1) throw new Error('the application was not let in');
  return { ...bench, app };
}
