// A sidecar as somebody would bundle it: takes the identity, keeps it, and on SIGTERM gives it back.
// Argument: a SidecarSetting as JSON.
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import {
  ensurePublicIdentity,
  thisNode,
  type IdentitySpecInput,
  type ThisNodeOptions,
} from '@truetuple/core';

export interface SidecarSetting {
  readonly spec: IdentitySpecInput;
  readonly node: ThisNodeOptions;
  /** From one look at EC2 to the next. */
  readonly keepIntervalMs: number;
  /** What V8 is told once the identity is held: from then on the process waits most of the time. */
  readonly heldFlags: readonly string[];
}

const { spec, node, keepIntervalMs, heldFlags } = JSON.parse(
  process.argv[2] ?? '{}',
) as SidecarSetting;
const asked = once(process, 'SIGTERM');
const held = await ensurePublicIdentity(spec, { node: thisNode(node) });
// not before: it takes milliseconds to load
const { setFlagsFromString } = await import('node:v8');
// with other flags compiled code is of no use to a process that starts without them
flushCompileCache();
for (const flag of heldFlags) setFlagsFromString(flag);
await held.keep({ intervalMs: keepIntervalMs });
await asked;
await held.release();
