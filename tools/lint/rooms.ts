/**
 * What a room (a set of files) may not take from elsewhere, and why. Paths are relative to the repository root; an
 * imported module is either such a path, a package ("@scope/name/part") or a Node module ("node:fs").
 */
export interface Ban {
  /** Files that the ban is for. */
  readonly room: RegExp;
  /** Files of the room that the ban is not for. */
  readonly except?: RegExp;
  /** Modules that are banned. */
  readonly from: RegExp;
  /** Names that may be taken all the same; a whole module never may. */
  readonly butNames?: readonly string[];
  readonly because: string;
}

const besideTests = /\.test\.ts$/;

/** Every import rule of the repository, in one place. */
export const bans: readonly Ban[] = [
  {
    room: /^packages\/core\/src\/(identity|cloud|kernel|verify)\//,
    except: besideTests,
    from: /^(node:|@aws-sdk\/|@truetuple\/|packages\/core\/src\/(adapters|testing)\/|packages\/core\/src\/this-node\.ts$)/,
    // a checksum opens nothing and is the same everywhere
    butNames: ['crc32'],
    because: 'this room holds what is pure and what goes through ports: pass a port in',
  },
  {
    room: /^packages\/netlink\/src\/(wire|schema)\//,
    except: besideTests,
    from: /^(node:|packages\/netlink\/src\/(native|socket|netns|transport)\.ts$)/,
    because: 'bytes in, values out: what opens and reads lies elsewhere',
  },
  {
    room: /^packages\/sip-engine\/src\/message\//,
    except: besideTests,
    from: /^(node:|packages\/sip-engine\/src\/(?!message\/|errors\.ts$|transport\/tuple\.ts$))/,
    because: 'the message model is pure and lies under everything else',
  },
  {
    room: /^packages\/sip-engine\/src\/(transaction|dialog|guard)\//,
    except: besideTests,
    from: /^(node:|packages\/sip-engine\/src\/([^/]+\.ts$|resolver\/|testing\/|wire\/(?!app-message\.ts$)|transport\/(?!(clock|send-path|tuple)\.ts$)))/,
    because:
      'no socket and no clock of its own: what goes out goes through SendGate, time comes from Clock',
  },
  {
    room: /^packages\/sip-engine\/src\/guard\//,
    except: besideTests,
    from: /^packages\/sip-engine\/src\/(transaction|dialog|wire)\//,
    because: 'the guard looks at a message as its peer does, and at nothing else',
  },
  {
    room: /^packages\/core\/src\//,
    except: /(\.test\.ts$|^packages\/core\/src\/(adapters\/|this-node\.ts$|index\.ts$))/,
    from: /^packages\/core\/src\/adapters\//,
    because: 'only a composition root names a concrete adapter: take the port as an argument',
  },
  {
    room: /^packages\/[^/]+\/src\//,
    except: /^packages\/(core\/src\/(adapters\/aws\/|this-node\.ts$)|examples\/)/,
    from: /^@aws-sdk\//,
    because: 'only core/src/adapters/aws speaks to the SDK: use Ec2Api',
  },
  {
    room: /^packages\/core\/src\//,
    except: /^packages\/core\/src\/adapters\/linux\//,
    from: /^@truetuple\/netlink(\/|$)/,
    because: 'only core/src/adapters/linux speaks netlink: use KernelPort',
  },
  {
    room: /^packages\/netlink\/src\//,
    except: besideTests,
    from: /^(?!node:|packages\/netlink\/)/,
    because: 'netlink depends on nobody',
  },
  {
    room: /^packages\/core\//,
    from: /^(@truetuple\/(?!core(\/|$)|netlink(\/|$))|truetuple(\/|$)|@kubernetes\/|drachtio)/,
    because: 'core knows neither SIP nor Kubernetes nor the lab',
  },
  {
    room: /^packages\/sip-engine\//,
    from: /^(@truetuple\/(?!sip-engine(\/|$))|truetuple(\/|$))/,
    because: 'the SIP engine stands alone',
  },
  {
    room: /^packages\/sip-gateway\/src\//,
    except: /^packages\/sip-gateway\/src\/(main\.ts$|commands\/|telemetry\/)/,
    from: /^@truetuple\/core(\/|$)/,
    butNames: ['PublicIdentity'],
    because: 'the gateway takes from core only the value PublicIdentity (and ensure in main.ts)',
  },
  {
    room: /^packages\/sip-gateway\/src\/(commands|telemetry)\//,
    from: /^@truetuple\/core(\/|$)/,
    butNames: ['PublicIdentity', 'HeldIdentity', 'KeepEvent', 'KeepEnd'],
    because: "the gateway's program takes from core only the values of an identity that is kept",
  },
  {
    room: /^packages\/sip-gateway\//,
    from: /^(@truetuple\/(netlink|examples|lab)(\/|$)|truetuple(\/|$))/,
    because: 'the gateway builds on sip-engine and on the value PublicIdentity',
  },
  {
    room: /^packages\/sip-gateway\/src\/(call|sdp|media|ladder)\//,
    except: besideTests,
    from: /^(node:|rtpengine-client|drachtio|packages\/sip-gateway\/src\/(adapters|testing)\/)/,
    because: 'this room holds what is pure and what goes through ports: pass a port in',
  },
  {
    room: /^packages\/agent\//,
    from: /^@truetuple\/(?!core(\/|$))/,
    because: 'the agent builds on core alone',
  },
  {
    room: /^packages\/[^/]+\/src\//,
    except: /(\.test\.ts$|^packages\/[^/]+\/src\/testing\/|^packages\/examples\/)/,
    from: /(^packages\/[^/]+\/src\/testing\/|^@?[^/]+(\/[^/]+)?\/testing$)/,
    because: 'what runs in production never reaches a fake',
  },
  {
    room: /^packages\/[^/]+\/src\//,
    except: besideTests,
    from: /^(vitest|fast-check|@fast-check\/.*|node:test|@truetuple\/lab)(\/|$)/,
    because: 'shipped code, the fakes included, needs no test runner and no lab',
  },
  {
    room: /^(packages|test\/lab)\//,
    from: /^(\.\.|tools\/|bench\/|test\/(?!lab\/))/,
    because: 'a package never reaches outside of itself by a path',
  },
];
