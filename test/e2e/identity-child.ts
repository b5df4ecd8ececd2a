// A pod's process for the tests: runs a verb of core with the unmodified SDK, as an application would,
// tells its steps over IPC, and may SIGKILL itself after a given number of them.
import { once } from 'node:events';
import {
  CoreError,
  ensurePublicIdentity,
  filePublisher,
  keepPublicIdentity,
  releasePublicIdentity,
  thisNode,
  type PublicIdentity,
  type StepEvent,
} from '@truetuple/core';
import type { IdentityChildReport, IdentityChildSetting } from './identity-process.ts';

function tell(report: IdentityChildReport): void {
  process.send?.(report);
}

const [setting] = (await once(process, 'message')) as [IdentityChildSetting];
const { spec, request, ec2Endpoint, credentials } = setting;
const node = thisNode({ ec2Endpoint, credentials });
let done = 0;
let counting = request.verb === 'ensure' || request.verb === 'release';

function onStep({ phase, name }: StepEvent): void {
  if (phase !== 'done' || !counting) return;
  done += 1;
  if (done === request.killAfter || name === request.killAfter)
    process.kill(process.pid, 'SIGKILL');
  tell({ kind: 'step', name });
}

/** Looks often, and at once without a spread; told to nobody but the parent, who takes things away. */
async function keep(identity: PublicIdentity): Promise<void> {
  const { identityDirectory } = spec;
  await keepPublicIdentity(identity, {
    node,
    ...(identityDirectory === undefined ? {} : { identityDirectory }),
    intervalMs: 500,
    onStep,
    onEvent: (event) => {
      if (event.kind === 'restored') tell({ kind: 'restored', identity: event.identity });
      if (event.kind === 'lost') tell({ kind: 'failed', code: 'Lost', message: event.message });
    },
  });
  tell({ kind: 'held', identity });
}

async function play(): Promise<void> {
  const identityDirectory = spec.identityDirectory ?? '';
  const identity =
    request.verb === 'release'
      ? await filePublisher(identityDirectory).current()
      : (await ensurePublicIdentity(spec, { node, onStep })).identity;
  if (request.verb === 'ensure' && identity !== undefined) return tell({ kind: 'held', identity });
  counting = true;
  if (request.verb === 'keep' && identity !== undefined) return keep(identity);
  if (identity !== undefined) {
    await releasePublicIdentity(identity, { node, identityDirectory, onStep });
  }
  tell({ kind: 'released', identity });
  process.disconnect();
}

process.on('disconnect', () => process.exit(0));
try {
  await play();
} catch (error) {
  const code = CoreError.is(error) ? error.code : 'Unexpected';
  tell({ kind: 'failed', code, message: error instanceof Error ? error.message : String(error) });
}
