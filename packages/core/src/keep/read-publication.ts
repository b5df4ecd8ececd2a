import type { PublicIdentity } from '../identity/public-identity.ts';
import { coreErrorOf } from './look-at-link.ts';
import { isOf, type Publication } from './publication.ts';
import type { KeepState, Seen } from './keep-state.ts';

type PublicationSeen = Extract<
  Seen,
  { readonly kind: 'publication-released' | 'publication-replaced' | 'publication-torn' }
>;

/**
 * What others have done to the publication since; undefined when it is as this keep left it. Who takes the
 * identity file away, as a release in another process does, takes the identity over. While nothing is published
 * because this keep has withdrawn it, the mark of a release says so.
 */
export async function readPublication(
  publication: Publication,
  { identity, standing }: KeepState,
): Promise<PublicationSeen | undefined> {
  if (standing.kind === 'lost' || standing.kind === 'ended') return undefined;
  const { publisher, isUnread } = publication;
  const isLeftAlone = standing.kind === 'unpublished' && !standing.leftOver;
  try {
    if (await publisher.isReleased(identity)) return { kind: 'publication-released' };
    const current = await publisher.current();
    publication.isUnread = false;
    return standing.kind === 'published'
      ? replacedBy(identity, current)
      : takenUpBy(identity, current);
  } catch (error) {
    // what is left there by a crash is replaced when this identity is proven
    if (isLeftAlone) return undefined;
    const torn = coreErrorOf(error, `The publication of ${identity.publicIp}`);
    publication.isUnread = torn.code === 'PublishFailed';
    return isUnread && publication.isUnread ? undefined : { kind: 'publication-torn', error: torn };
  }
}

function replacedBy(
  identity: PublicIdentity,
  current: PublicIdentity | undefined,
): PublicationSeen | undefined {
  const isIt =
    isOf(current, identity) &&
    current.associationId === identity.associationId &&
    current.generation === identity.generation;
  return isIt ? undefined : { kind: 'publication-replaced', by: current };
}

/** An earlier publication of the same hold could not be replaced, or not yet. */
function takenUpBy(
  identity: PublicIdentity,
  current: PublicIdentity | undefined,
): PublicationSeen | undefined {
  if (current === undefined) return undefined;
  const isEarlier =
    isOf(current, identity) &&
    current.associationId !== identity.associationId &&
    current.publishedAt <= identity.publishedAt;
  return isEarlier ? undefined : { kind: 'publication-replaced', by: current };
}
