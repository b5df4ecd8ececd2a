import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filePublisher } from './adapters/file/file-publisher.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { Publisher } from './identity/publisher.ts';
import { keepPublicIdentity } from './keep-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { NodePorts } from './node-ports.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemoryPublisher } from './testing/memory-publisher.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

/** A release in another process, and a keep that does not see the publication go: it had withdrawn it itself. */

const intervalMs = 30_000;
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'truetuple-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

type OpenPublisher = () => Publisher;
const publishers: readonly (readonly [string, () => OpenPublisher])[] = [
  ['files, each process with a publisher of its own', () => () => filePublisher(directory)],
  [
    'memory',
    () => {
      const publisher = new MemoryPublisher();
      return () => publisher;
    },
  ],
];

/** Counts what is under way: unlike all else here, files take their time. */
function counting(open: OpenPublisher) {
  let underWay = 0;
  const counted = async <Answer>(act: Promise<Answer>): Promise<Answer> => {
    underWay += 1;
    return act.finally(() => (underWay -= 1));
  };
  const openPublisher: OpenPublisher = () => {
    const publisher = open();
    return {
      publish: (identity) => counted(publisher.publish(identity)),
      republish: (identity) => counted(publisher.republish(identity)),
      withdraw: (identity) => counted(publisher.withdraw(identity)),
      release: (identity) => counted(publisher.release(identity)),
      isReleased: (identity) => counted(publisher.isReleased(identity)),
      current: () => counted(publisher.current()),
    };
  };
  return { openPublisher, isBusy: () => underWay > 0 };
}

async function build(open: OpenPublisher) {
  const { openPublisher, isBusy } = counting(open);
  const pod = simulatedPod({ clock: new ManualClock(), pool: ['203.0.113.50', '203.0.113.51'] });
  const node: NodePorts = { ...pod.node, openPublisher };
  const { identity } = await ensurePublicIdentity(pod.spec, { node });
  await pod.clock.advance(5 * 60_000);
  const events: KeepEvent[] = [];
  const keep = (by: NodePorts = node) =>
    keepPublicIdentity(identity, {
      node: by,
      intervalMs,
      random: () => 0.999,
      onEvent: (event) => void events.push(event),
    });
  /** Whatever is under way ends before time goes on. */
  const settle = async (): Promise<void> => {
    for (let calm = 0; calm < 5; calm++) {
      await pod.clock.settle();
      if (isBusy()) calm = 0;
    }
  };
  const pass = async (ms: number): Promise<void> => {
    for (let gone = 0; gone < ms; gone += 1000) {
      await pod.clock.advance(1000);
      await settle();
    }
  };
  const done = async <T>(work: Promise<T>): Promise<T> => {
    const ended = { isYet: false };
    const settled = work.finally(() => (ended.isYet = true));
    settled.catch(() => {});
    while (!ended.isYet) await pass(1000);
    return work;
  };
  const left = async () => ({
    published: await openPublisher().current(),
    link: JSON.stringify(pod.kernel.snapshot().links).includes(identity.publicIp),
    associations: pod.ec2.snapshot().addresses.flatMap(({ associationId }) => associationId ?? []),
  });
  return { pod, node, identity, keep, events, settle, pass, done, left };
}

const nothing = { published: undefined, link: false, associations: [] };

describe.each(publishers)('a keep and another process, with %s', (_what, open) => {
  it('ends when it is released while it is withdrawn itself, and takes nothing again', async () => {
    const { pod, node, identity, keep, events, settle, pass, done, left } = await build(open());
    const keeping = await keep();
    await settle();
    pod.kernel.setLinkUp('net1', false);
    await settle();
    expect(events.map(({ kind }) => kind)).toEqual(['degraded']);
    await done(releasePublicIdentity(identity, { node }));
    pod.kernel.setLinkUp('net1', true);
    await pass(2 * intervalMs);
    expect(await left()).toEqual(nothing);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(events.map(({ kind }) => kind)).toEqual(['degraded']);
    expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
  });

  it('ends at once when it begins with a value that was released', async () => {
    const { node, identity, keep, events, pass, done, left } = await build(open());
    await done(releasePublicIdentity(identity, { node }));
    const keeping = await keep();
    await pass(2 * intervalMs);
    expect(await left()).toEqual(nothing);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(events).toEqual([]);
  });

  it('keeps what was released and ensured again', async () => {
    const { pod, node, identity, settle, done, left } = await build(open());
    await done(releasePublicIdentity(identity, { node }));
    const again = await done(ensurePublicIdentity(pod.spec, { node }));
    const keeping = await again.keep({ intervalMs });
    await settle();
    await done(keeping.close());
    expect(await keeping.ended).toEqual({ kind: 'closed' });
    expect(await left()).toEqual({
      published: again.identity,
      link: true,
      associations: [again.identity.associationId],
    });
  });

  it('goes on with what another process published while it could not', async () => {
    const { pod, node, keep, events, settle, pass, done } = await build(open());
    const publisher = node.openPublisher('');
    const broken = { ...publisher, republish: () => Promise.reject(new Error('disk full')) };
    const keeping = await keep({ ...node, openPublisher: () => broken });
    await settle();
    pod.kernel.setLinkUp('net1', false);
    await settle();
    pod.kernel.setLinkUp('net1', true);
    await settle();
    expect(await publisher.current()).toBeUndefined();
    const again = await done(ensurePublicIdentity(pod.spec, { node }));
    await pass(intervalMs);
    expect(keeping.identity).toEqual(again.identity);
    expect(events.map(({ kind }) => kind)).toEqual([
      'degraded',
      'repaired',
      'degraded',
      'restored',
    ]);
    await done(keeping.close());
    expect(await keeping.ended).toEqual({ kind: 'closed' });
  });

  it('takes off the link what it put there while another process released it', async () => {
    const { pod, node, identity, keep, settle, pass, done, left } = await build(open());
    const { promise: released, resolve } = Promise.withResolvers<void>();
    let isHeldUp = false;
    const openKernel = async () => {
      const kernel = await node.openKernel();
      return {
        ...kernel,
        observe: async (linkName: string, table: number) => {
          if (isHeldUp) await released;
          return kernel.observe(linkName, table);
        },
      };
    };
    const keeping = await keep({ ...node, openKernel });
    await settle();
    isHeldUp = true;
    pod.kernel.removeAddress('net1', `${identity.publicIp}/32`);
    await settle();
    await done(releasePublicIdentity(identity, { node }));
    resolve();
    await pass(1000);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(await left()).toEqual(nothing);
  });

  it('counts on from the generation that was withdrawn', async () => {
    const { pod, keep, settle, done } = await build(open());
    const keeping = await keep();
    await settle();
    pod.kernel.setLinkUp('net1', false);
    await settle();
    pod.kernel.setLinkUp('net1', true);
    await settle();
    expect(keeping.identity.generation).toBe(2);
    await done(keeping.close());
  });

  it('overwrites nothing that was published of another identity', async () => {
    const { pod, node, identity, keep, pass, done } = await build(open());
    await done(releasePublicIdentity(identity, { node }));
    const other = await done(
      ensurePublicIdentity({ ...pod.spec, excludeAddresses: [identity.publicIp] }, { node }),
    );
    expect(other.identity.publicIp).not.toBe(identity.publicIp);
    const keeping = await keep();
    await pass(2000);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(await node.openPublisher('').current()).toEqual(other.identity);
  });
});

it('a release leaves its mark, and an ensure takes that away', async () => {
  const { pod, node, identity, done } = await build(() => filePublisher(directory));
  await done(releasePublicIdentity(identity, { node }));
  expect(await readdir(directory)).toEqual(['public-ip.released']);
  await done(ensurePublicIdentity(pod.spec, { node }));
  expect((await readdir(directory)).toSorted()).toEqual(['public-ip', 'public-ip.json']);
});
