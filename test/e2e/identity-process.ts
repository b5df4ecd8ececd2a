import { once } from 'node:events';
import type { IdentitySpecInput, PublicIdentity } from '@truetuple/core';
import { runIn } from '@truetuple/lab';

export interface IdentityChildRequest {
  /**
   * `ensure` holds until it is killed; `release` reads the identity file and gives it back; `both` takes
   * one and gives it back; `keep` takes one and keeps it until it is killed.
   */
  readonly verb: 'ensure' | 'release' | 'both' | 'keep';
  /**
   * SIGKILL itself once so many steps are done, or the first one of that name; with `both` those of the release count,
   * with `keep` the repairs.
   */
  readonly killAfter?: number | string;
}

export type IdentityChildReport =
  | { readonly kind: 'step'; readonly name: string }
  | { readonly kind: 'held'; readonly identity: PublicIdentity }
  | { readonly kind: 'restored'; readonly identity: PublicIdentity }
  | { readonly kind: 'released'; readonly identity: PublicIdentity | undefined }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface IdentityChildSetting {
  readonly spec: IdentitySpecInput;
  readonly request: IdentityChildRequest;
  readonly ec2Endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** How a child came to its end, or to its rest: an ensure rests once it holds. */
export interface IdentityChildEnd {
  readonly steps: readonly string[];
  readonly identity: PublicIdentity | undefined;
  readonly failure: string | undefined;
  readonly signal: NodeJS.Signals | null;
}

export interface IdentityChild {
  /** Resolves when it holds, released, failed or died. */
  readonly settled: Promise<IdentityChildEnd>;
  /** Resolves when its keep has made a claim anew and published it, or when it failed or died. */
  readonly restored: Promise<IdentityChildEnd>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts the bundled identity-child.ts in a namespace; `under` is a command that runs another one, and becomes it. */
export function startIdentityChild(
  namespace: { readonly path: string },
  program: string,
  setting: IdentityChildSetting,
  under: readonly string[] = [],
): IdentityChild {
  const [command, ...words] = [...under, process.execPath, program];
  const child = runIn(namespace, command, words, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const steps: string[] = [];
  child.on('message', (report: IdentityChildReport) => {
    if (report.kind === 'step') steps.push(report.name);
  });
  const until = (...kinds: readonly IdentityChildReport['kind'][]): Promise<IdentityChildEnd> =>
    new Promise((resolve) => {
      const end = (rest: Partial<IdentityChildEnd>): void =>
        resolve({ identity: undefined, failure: undefined, signal: null, ...rest, steps });
      child.on('message', (report: IdentityChildReport) => {
        if (report.kind === 'failed') end({ failure: `${report.code}: ${report.message}` });
        else if (kinds.includes(report.kind) && 'identity' in report) {
          end({ identity: report.identity });
        }
      });
      void gone.then(([code, signal]) =>
        end({ signal, failure: signal === null && code !== 0 ? `exit ${code}` : undefined }),
      );
    });
  const settled = until('held', 'released');
  const restored = until('restored');
  child.send(setting);
  return {
    settled,
    restored,
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
