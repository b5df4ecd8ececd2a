// A gateway inside the pod: says when it takes calls, tells its counts when asked, drains on SIGTERM, and ends by
// itself once nothing is held open. One JSON line per report; one word per line is a question.
import { createInterface } from 'node:readline';
import { createGateway, type Gateway, type GatewayOptions } from '@truetuple/sip-gateway';

export interface GatewayChildInput {
  /** All that createGateway takes, but the function that routes. */
  readonly options: Omit<GatewayOptions, 'route'>;
  /** Where a user part leads: a SIP URI, or the status that refuses the caller. Any other user gets 404. */
  readonly routes: Readonly<Record<string, string | number>>;
}

export type GatewayReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'counts'; readonly counts: ReturnType<Gateway['counts']> }
  | { readonly kind: 'media'; readonly media: Awaited<ReturnType<Gateway['media']>> }
  | { readonly kind: 'draining' }
  | { readonly kind: 'drained'; readonly calls: number };

const { options, routes } = JSON.parse(process.argv[2] ?? '') as GatewayChildInput;
const report = (line: GatewayReport): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};
const gateway = await createGateway({
  ...options,
  route: ({ requestUri }) => {
    const target = routes[/^sip:([^@]+)@/.exec(requestUri)?.[1] ?? ''] ?? 404;
    return typeof target === 'number'
      ? { kind: 'refuse', status: target }
      : { kind: 'to', uri: target };
  },
});
const questions = createInterface(process.stdin);
questions.on('line', (question) => {
  if (question === 'counts') report({ kind: 'counts', counts: gateway.counts() });
  if (question === 'media') void gateway.media().then((media) => report({ kind: 'media', media }));
});
// whoever started it is gone
process.stdin.once('end', () => process.exit(1));

async function stop(): Promise<void> {
  const drained = gateway.drain();
  report({ kind: 'draining' });
  await drained;
  const { calls } = gateway.counts();
  await gateway.close();
  questions.close();
  report({ kind: 'drained', calls });
}

process.once('SIGTERM', () => void stop());
report({ kind: 'ready' });
