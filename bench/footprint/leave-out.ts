import type { Plugin } from 'esbuild';

/** Where the SDK looks for credentials on a person's machine: a profile, SSO, `aws login`, a program. */
const ofPersons = /^@aws-sdk\/credential-provider-(?:ini|sso|login|process)$/;
/** EC2 has no operation that streams events; browsers are told apart by bowser. */
const ofOthers = /^(?:@smithy\/core\/event-streams|bowser)$/;
/** The SDK tells its version; all else in there is for package managers. */
const manifest = /[\\/]node_modules[\\/]@aws-sdk[\\/].*[\\/]package\.json$/;

/** What no pod uses of the SDK: what is left out throws when it is loaded, and says so. */
export const leaveOut: Plugin = {
  name: 'leave-out',
  setup: (build) => {
    for (const filter of [ofPersons, ofOthers]) {
      build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }));
    }
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} was left out of this bundle`)});`,
    }));
    build.onLoad({ filter: manifest }, async ({ path }) => {
      const { default: all } = (await import(path, { with: { type: 'json' } })) as {
        readonly default: { readonly name: string; readonly version: string };
      };
      const { name, version } = all;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};
