import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { GrantState } from '../cloud/identity-grant.ts';
import { CoreError, type CoreErrorCode } from '../errors.ts';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { WireOutcome } from './judge-wire.ts';
import { decide } from './decide.ts';
import type { KeepAct, KeepState, Seen } from './keep-state.ts';

const [publicIp, privateIp] = ['203.0.113.50', '10.0.2.128'].map((ip) => parseIpv4Address(ip));
if (publicIp === undefined || privateIp === undefined) throw new Error('two addresses');
const identity: PublicIdentity = {
  schema: 'truetuple.identity/v1',
  generation: 1,
  publicIp,
  privateIp,
  privatePrefixLength: 24,
  linkName: 'net1',
  gateway: parseIpv4Address('10.0.2.1'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  table: 200,
  delivery: 'both',
  bind: { internet: privateIp, vpc: publicIp },
  region: 'eu-central-1',
  pool: 'media',
  owner: { cluster: 'c', namespace: 'n', pod: 'p', uid: 'u' },
  networkInterfaceId: 'eni-1',
  allocationId: 'eipalloc-1',
  associationId: 'eipassoc-1',
  privateIpAssignedByUs: true,
  routeTableIds: [],
  claimedAtUptimeMs: 60_000,
  publishedAt: '2026-01-01T00:00:00.000Z',
};
const published: KeepState = { identity, standing: { kind: 'published' } };
const unpublished: KeepState = {
  identity,
  standing: { kind: 'unpublished', told: undefined, leftOver: false },
};

function trouble(code: CoreErrorCode): CoreError {
  return new CoreError({ code, message: code, remedy: 'none', retry: 'later' });
}

const proven: Seen = { kind: 'kernel-looked-at', repaired: [], unproven: undefined };
const down: Seen = { kind: 'kernel-looked-at', repaired: [], unproven: trouble('LinkDown') };
const unread = (silentFor: number): Seen => ({
  kind: 'kernel-looked-at',
  repaired: [],
  unproven: trouble('KernelRefused'),
  silentFor,
});
const lostGrant: GrantState = {
  kind: 'lost',
  because: 'taken',
  message: 'taken',
  associationId: 'eipassoc-9',
};
const uptimeMs = 90_000;
const theft: Seen = { kind: 'cloud-looked-at', of: 'eipassoc-1', state: lostGrant, uptimeMs };
const silence: Seen = { kind: 'cloud-silent', error: trouble('CloudUnreachable') };

const refuted = wire({ kind: 'refuted', error: trouble('OutboundNotProven') });
const shown = wire({ kind: 'proven' });
const unheard = wire({ kind: 'silent', findings: [] });

function wire(said: WireOutcome): Seen {
  return { kind: 'wire-asked', of: 'eipassoc-1', outcome: said };
}

function letGo(left: CoreError | undefined): Seen {
  return { kind: 'cloud-looked-at', of: 'eipassoc-1', state: { kind: 'let-go', left }, uptimeMs };
}

function acts(state: KeepState, seen: Seen): string[] {
  return decide(state, seen).acts.map(say);
}

function say(act: KeepAct): string {
  return act.kind === 'tell' ? `tell ${act.event.kind}` : act.kind;
}

describe('decide', () => {
  it.each([
    ['nothing for a published identity that is proven', published, proven, []],
    ['withdraw what is not proven', published, down, ['withdraw']],
    ['publish what is proven and not published', unpublished, proven, ['publish']],
    ['tell why it is not published', unpublished, down, ['tell degraded']],
    ['tell silence, and nothing more', published, silence, ['tell unsure']],
    [
      'tell a look at the kernel that failed, and nothing more',
      published,
      unread(0),
      ['tell unsure'],
    ],
    ['tell it once', published, unread(0.9), []],
    ['publish nothing on a look that failed', unpublished, unread(0), ['tell unsure']],
    [
      'withdraw what could not be read for more than an interval',
      published,
      unread(1.1),
      ['withdraw'],
    ],
    ['tell why it is not published then', unpublished, unread(1.1), ['tell degraded']],
    ['fence a theft', published, theft, ['fence']],
    ['fence a theft of what is not published', unpublished, theft, ['fence']],
  ] as const)('%s', (_what, state, seen, expected) => {
    expect(acts(state, seen)).toEqual(expected);
  });

  it.each([
    [
      'withdraws what the wire contradicts, and asks EC2',
      published,
      refuted,
      ['withdraw', 'look-at-cloud'],
    ],
    [
      'tells why it is not published, and asks EC2',
      unpublished,
      refuted,
      ['tell degraded', 'look-at-cloud'],
    ],
    ['does nothing for silence', published, unheard, []],
    ['does nothing for a proof of what nobody doubts', published, shown, []],
    [
      'fences nothing for a contradiction of another association',
      { ...published, identity: { ...identity, associationId: 'eipassoc-2' } },
      refuted,
      [],
    ],
  ] as const)('%s', (_what, state, seen, expected) => {
    expect(acts(state, seen)).toEqual(expected);
  });

  it('publishes what the wire contradicted only when the wire has proven it, whatever the link says', () => {
    const { state: doubted } = decide(published, refuted);
    const { state } = decide(doubted, { kind: 'withdrawn', because: trouble('OutboundNotProven') });
    expect(acts(state, refuted)).toEqual([]);
    expect(acts(state, proven)).toEqual([]);
    expect(acts(state, unheard)).toEqual([]);
    const { state: again, acts: next } = decide(state, shown);
    expect(next.map(say)).toEqual(['look-at-link']);
    expect(acts(again, proven)).toEqual(['publish']);
  });

  it('withdraws again what the wire contradicts and could not be withdrawn', () => {
    const { state: doubted } = decide(published, refuted);
    const failed = decide(doubted, { kind: 'withdraw-failed', error: trouble('PublishFailed') });
    expect(acts(failed.state, proven)).toEqual(['withdraw']);
    expect(acts(failed.state, refuted)).toEqual(['withdraw']);
  });

  it('fences itself for a pod that asks, then gives back in EC2, and tells it lost only then', () => {
    const by = { cluster: 'c', namespace: 'n', pod: 'standby', uid: 'v' };
    const asked: Seen = {
      kind: 'cloud-looked-at',
      of: 'eipassoc-1',
      state: { kind: 'asked-for', by, untilMs: 1 },
      uptimeMs,
    };
    const { state, acts: first } = decide(published, asked);
    expect(first.map(say)).toEqual(['fence']);
    const fenced = decide(state, { kind: 'fenced' });
    expect(fenced.acts.map(say)).toEqual(['give-back']);
    const failed = decide(fenced.state, { kind: 'give-back-failed', error: trouble('Throttled') });
    expect(failed.acts.map(say)).toEqual(['tell unsure']);
    expect(acts(failed.state, proven)).toEqual(['fence']);
    const { state: done, acts: last } = decide(failed.state, { kind: 'given-back' });
    expect(last).toMatchObject([{ event: { kind: 'lost', because: 'handed-over' } }]);
    expect(done.standing).toMatchObject({ kind: 'ended', end: { kind: 'lost', isFenced: true } });
  });

  it('a theft ends what the wire contradicted like anything else', () => {
    const { state } = decide(published, refuted);
    const { state: lost, acts: next } = decide(state, theft);
    expect(next.map(say)).toEqual(['fence']);
    expect(acts(lost, shown)).toEqual(['fence']);
  });

  it('tries to withdraw what could not be withdrawn, and tells when it is true again', () => {
    const failed = decide(published, { kind: 'withdraw-failed', error: trouble('PublishFailed') });
    expect(failed.acts.map(say)).toEqual(['tell degraded']);
    expect(acts(failed.state, down)).toEqual(['withdraw']);
    expect(acts(failed.state, proven)).toEqual(['publish']);
    expect(acts(failed.state, { kind: 'published', identity })).toEqual(['tell restored']);
  });

  it('tells a trouble once, and another one again', () => {
    const { state } = decide(unpublished, down);
    expect(acts(state, down)).toEqual([]);
    const gone: Seen = {
      kind: 'kernel-looked-at',
      repaired: [],
      unproven: trouble('LinkNotFound'),
    };
    expect(acts(state, gone)).toEqual(['tell degraded']);
  });

  it('withdraws, when it is not proven, also what it could not replace', () => {
    const failed: Seen = { kind: 'publish-failed', error: trouble('PublishFailed') };
    const { state } = decide(published, failed);
    expect(acts(state, proven)).toEqual(['publish']);
    expect(acts(state, down)).toEqual(['withdraw']);
    const { state: after } = decide(state, { kind: 'withdrawn', because: trouble('LinkDown') });
    expect(acts(after, down)).toEqual([]);
  });

  it('publishes a claim made anew with its own association, as young as it is', () => {
    const grant = { ...identity, associationId: 'eipassoc-2' };
    const held: GrantState = { kind: 'held', grant, repaired: [], unrepaired: undefined };
    const { state, acts: next } = decide(published, {
      kind: 'cloud-looked-at',
      of: 'eipassoc-1',
      state: held,
      uptimeMs,
    });
    const claimed = { associationId: 'eipassoc-2', claimedAtUptimeMs: uptimeMs };
    expect(state.identity).toEqual({ ...identity, ...claimed });
    expect(next.map(say)).toEqual(['publish']);
  });

  describe('of a claim made anew that is published nowhere', () => {
    const grant = { ...identity, associationId: 'eipassoc-2' };
    const held: GrantState = { kind: 'held', grant, repaired: [], unrepaired: undefined };
    const shownAs = (of: string): Seen => ({ kind: 'cloud-looked-at', of, state: held, uptimeMs });
    const failed: Seen = { kind: 'publish-failed', error: trouble('PublishFailed') };
    const doubt: Seen = { kind: 'cloud-silent', error: trouble('ClaimInDoubt') };

    it('publishes it, once that has failed, on the next look at EC2 that shows it', () => {
      const { state } = decide(decide(published, shownAs('eipassoc-1')).state, failed);
      expect(acts(state, proven)).toEqual([]);
      const doubted = decide(state, doubt);
      expect(doubted.acts.map(say)).toEqual(['tell unsure']);
      expect(acts(doubted.state, proven)).toEqual([]);
      const looked = decide(doubted.state, shownAs('eipassoc-2'));
      expect(looked.acts.map(say)).toEqual(['look-at-link']);
      expect(acts(looked.state, proven)).toEqual(['publish']);
      expect(acts(decide(looked.state, failed).state, proven)).toEqual([]);
      const { state: after } = decide(looked.state, { kind: 'published', identity: grant });
      expect(after).toEqual({ identity: grant, standing: { kind: 'published' } });
    });

    it('publishes it while EC2 is silent', () => {
      const { state } = decide(decide(published, shownAs('eipassoc-1')).state, failed);
      const { state: unheardOf, acts: next } = decide(state, silence);
      expect(next.map(say)).toEqual(['tell unsure', 'look-at-link']);
      expect(acts(unheardOf, proven)).toEqual(['publish']);
    });

    it('publishes it when what EC2 lost of it was let go, so that it is put back', () => {
      const { state } = decide(decide(published, shownAs('eipassoc-1')).state, failed);
      const left: GrantState = { kind: 'let-go', left: undefined };
      const seen: Seen = { kind: 'cloud-looked-at', of: 'eipassoc-2', state: left, uptimeMs };
      const { state: looked, acts: next } = decide(state, seen);
      expect(next.map(say)).toEqual(['look-at-link']);
      expect(acts(looked, proven)).toEqual(['publish']);
      expect(acts(looked, { kind: 'published', identity: grant })).toContain('look-at-cloud');
    });

    it('asks EC2 once, as soon as the link is proven, and anew when it was not meanwhile', () => {
      const { state } = decide(unpublished, shownAs('eipassoc-1'));
      const asked = decide(state, proven);
      expect(asked.acts.map(say)).toEqual(['look-at-cloud']);
      expect(acts(asked.state, proven)).toEqual([]);
      const looked = decide(asked.state, shownAs('eipassoc-2'));
      const { state: lowered } = decide(looked.state, down);
      expect(acts(lowered, proven)).toEqual(['look-at-cloud']);
    });
  });

  it('goes on with what another process of the pod published, and tells so if it told a trouble', () => {
    const by = { ...identity, generation: 4 };
    const replaced: Seen = { kind: 'publication-replaced', by };
    const standing = { kind: 'published' };
    expect(decide(published, replaced)).toEqual({ state: { identity: by, standing }, acts: [] });
    expect(acts(unpublished, replaced)).toEqual([]);
    const { state: degraded } = decide(unpublished, down);
    expect(decide(degraded, replaced).state).toEqual({ identity: by, standing });
    expect(acts(degraded, replaced)).toEqual(['tell restored']);
  });

  it.each([published, unpublished])('ends when it was released elsewhere', (state) => {
    const { state: after } = decide(state, { kind: 'publication-released' });
    expect(after.standing).toEqual({ kind: 'ended', end: { kind: 'withdrawn' } });
  });

  it('fences a loss also of what was released elsewhere', () => {
    const { state: lost } = decide(published, theft);
    expect(decide(lost, { kind: 'publication-released' })).toEqual({ state: lost, acts: [] });
  });

  it.each([
    ['a loss', lostGrant],
    ['a claim', { kind: 'held', grant: identity, repaired: [], unrepaired: undefined } as const],
  ])('pays no heed to %s of an association that was replaced meanwhile', (_what, state) => {
    const newer = { ...identity, associationId: 'eipassoc-2', generation: 4 };
    const { state: adopted } = decide(published, { kind: 'publication-replaced', by: newer });
    const seen: Seen = { kind: 'cloud-looked-at', of: 'eipassoc-1', state, uptimeMs };
    expect(decide(adopted, seen)).toEqual({ state: adopted, acts: [] });
  });

  it('an end by close before the fence was up is no fence', () => {
    const { state } = decide(published, theft);
    const failed: Seen = { kind: 'fence-failed', error: trouble('PublishFailed') };
    const { state: closed } = decide(decide(state, failed).state, { kind: 'closed' });
    expect(closed.standing).toMatchObject({ end: { kind: 'lost', isFenced: false } });
    const { state: fenced } = decide(state, { kind: 'fenced' });
    expect(fenced.standing).toMatchObject({ end: { kind: 'lost', isFenced: true } });
  });

  it('tells what could not be undone of a claim that it let go, and nothing of one that was', () => {
    expect(acts(published, letGo(undefined))).toEqual([]);
    expect(acts(published, letGo(trouble('CloudUnreachable')))).toEqual(['tell unsure']);
    // it was nobody's release after all: what EC2 lost is put back now
    const { state } = decide(published, letGo(undefined));
    const again = { kind: 'published', identity } as const;
    expect(acts(state, again)).toEqual(['tell restored', 'look-at-cloud']);
    expect(acts(decide(state, again).state, again)).toEqual(['tell restored']);
  });

  it('goes on with what another process of the pod published, and ends by anything else', () => {
    const newer = { ...identity, associationId: 'eipassoc-2', generation: 4 };
    const adopted = decide(published, { kind: 'publication-replaced', by: newer });
    expect(adopted.state).toEqual({ identity: newer, standing: { kind: 'published' } });
    for (const by of [undefined, { ...identity, allocationId: 'eipalloc-2' }]) {
      const { state } = decide(published, { kind: 'publication-replaced', by });
      expect(state.standing).toEqual({ kind: 'ended', end: { kind: 'withdrawn' } });
    }
  });
});

const anySeen: fc.Arbitrary<Seen> = fc.constantFrom<Seen>(
  proven,
  down,
  theft,
  silence,
  refuted,
  shown,
  unheard,
  { kind: 'publication-torn', error: trouble('IdentityFileInvalid') },
  { kind: 'publication-replaced', by: undefined },
  { kind: 'publication-replaced', by: { ...identity, generation: 9 } },
  { kind: 'closed' },
);

/** What comes of an act, if it succeeds or if it fails. */
function outcome(act: KeepAct, state: KeepState, succeeds: boolean): Seen | undefined {
  const error = trouble('PublishFailed');
  switch (act.kind) {
    case 'tell':
    case 'look-at-link':
    case 'look-at-cloud':
      return undefined;
    case 'publish':
      return succeeds
        ? { kind: 'published', identity: state.identity }
        : { kind: 'publish-failed', error };
    case 'withdraw':
      return succeeds
        ? { kind: 'withdrawn', because: act.because }
        : { kind: 'withdraw-failed', error };
    case 'fence':
      return succeeds ? { kind: 'fenced' } : { kind: 'fence-failed', error };
    case 'give-back':
      return succeeds ? { kind: 'given-back' } : { kind: 'give-back-failed', error };
    default:
      return act satisfies never;
  }
}

test.prop([fc.array(fc.tuple(anySeen, fc.boolean()), { maxLength: 40 })])(
  'whatever is seen: nothing is published once lost or not proven, and nothing happens after the end',
  (story) => {
    let state = published;
    for (const [first, succeeds] of story) {
      const queue = [first];
      for (const seen of queue) {
        const before = state.standing.kind;
        const decision = decide(state, seen);
        ({ state } = decision);
        const said = decision.acts.map(say);
        if (before === 'ended') expect([said, state.standing.kind]).toEqual([[], 'ended']);
        if (before === 'lost' || seen === down || seen === theft) {
          expect(said).not.toContain('publish');
        }
        if (before !== 'lost') expect(said).not.toContain('tell lost');
        if (seen === silence && before === 'published') expect(said).toEqual(['tell unsure']);
        for (const act of decision.acts) {
          const came = outcome(act, state, succeeds);
          if (came !== undefined) queue.push(came);
        }
      }
    }
  },
);
