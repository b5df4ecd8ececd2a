import type { IdentityGrant } from '../cloud/identity-grant.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';
import type { KeepAct, Seen } from './keep-state.ts';
import { coreErrorOf, fenceLink } from './look-at-link.ts';
import { publishAnew, withdrawUnproven, type Publication } from './publication.ts';
import { whatIsOnLink } from './what-is-on-link.ts';

/** What the acts of a keep are carried out with. */
export interface ActParts {
  readonly openGrant: () => Promise<IdentityGrant>;
  readonly claimAgeMs: number;
  readonly kernel: KernelPort;
  readonly publication: Publication;
}

/** The acts that change something, and of which something comes. */
export type ChangingAct = Extract<
  KeepAct,
  { readonly kind: 'publish' | 'withdraw' | 'fence' | 'give-back' }
>;

/** Carries out one act; what fails is seen, never thrown. */
export async function performAct(
  parts: ActParts,
  identity: PublicIdentity,
  act: ChangingAct,
): Promise<Seen> {
  const { publication } = parts;
  switch (act.kind) {
    case 'publish':
      return publish(publication, identity);
    case 'withdraw':
      return withdrawUnproven(publication, identity).then(
        () => ({ kind: 'withdrawn', because: act.because }),
        (error: unknown) => ({ kind: 'withdraw-failed', error: troubleOf(identity, error) }),
      );
    case 'fence':
      return fence(parts, identity);
    case 'give-back':
      return giveBack(parts, identity);
    default:
      return act satisfies never;
  }
}

async function publish(publication: Publication, kept: PublicIdentity): Promise<Seen> {
  try {
    const identity = await publishAnew(publication, kept);
    if (identity === undefined) return { kind: 'publication-released' };
    return { kind: 'published', identity };
  } catch (error) {
    return { kind: 'publish-failed', error: troubleOf(kept, error) };
  }
}

/** Both parts are tried, whatever becomes of the other. */
async function fence({ kernel, publication }: ActParts, identity: PublicIdentity): Promise<Seen> {
  const link = { kernel, report: publication.report, identity };
  const parts = await Promise.allSettled([
    withdrawUnproven(publication, identity),
    fenceLink(link),
  ]);
  for (const part of parts) {
    if (part.status === 'rejected') {
      return { kind: 'fence-failed', error: troubleOf(identity, part.reason) };
    }
  }
  return { kind: 'fenced' };
}

async function giveBack(
  { openGrant, claimAgeMs, kernel, publication }: ActParts,
  identity: PublicIdentity,
): Promise<Seen> {
  try {
    const onStep = publication.report.cloud;
    const onLink = await whatIsOnLink(kernel, identity);
    await (await openGrant()).release(identity, { onStep, claimAgeMs, ...onLink });
    return { kind: 'given-back' };
  } catch (error) {
    return {
      kind: 'give-back-failed',
      error: coreErrorOf(error, `Handing over ${identity.publicIp}`),
    };
  }
}

function troubleOf({ publicIp }: PublicIdentity, error: unknown): ReturnType<typeof coreErrorOf> {
  return coreErrorOf(error, `The publication of ${publicIp}`);
}
