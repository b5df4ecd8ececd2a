import { settingNames } from '../kernel/describe-kernel-step.ts';
import type { LinkSettings, LinkState } from '../kernel/kernel-port.ts';
import { wantedSettings } from '../kernel/wanted-link.ts';
import { warning, type KernelFinding } from './kernel-finding.ts';

/** Pure: judges what the kernel goes by, which is of each setting the greater of the link's own and that of all links. */
export function judgeSettings(state: LinkState): KernelFinding[] {
  return [...judgeReversePath(state), ...judgeAnnouncing(state), ...judgeAnswering(state)];
}

function judgeReversePath(state: LinkState): KernelFinding[] {
  // 0 is off: only 1 drops
  if (effective(state, 'rpFilter') !== 1) return [];
  return [
    finding(state, 'rpFilter', [
      'reverse-path-strict',
      'the kernel may drop packets whose way back is another link.',
    ]),
  ];
}

function judgeAnnouncing(state: LinkState): KernelFinding[] {
  if (effective(state, 'arpAnnounce') === wantedSettings.arpAnnounce) return [];
  return [
    finding(state, 'arpAnnounce', [
      'arp-announces-public',
      'ARP for the gateway may ask with the public address, which the VPC does not know.',
    ]),
  ];
}

/** Documentation/networking/ip-sysctl.rst arp_ignore: 2 answers who is of the address's own subnet, which a /32 has none of; 8 nobody. */
function judgeAnswering(state: LinkState): KernelFinding[] {
  const seen = effective(state, 'arpIgnore');
  if (seen === wantedSettings.arpIgnore) return [];
  return [
    finding(
      state,
      'arpIgnore',
      seen === 2 || seen === 8
        ? [
            'arp-unanswered',
            'nobody who asks by ARP for the public address is answered: where the network does, nothing to it arrives.',
          ]
        : ['arp-answers-foreign', 'the link answers ARP for addresses of other links.'],
    ),
  ];
}

function effective({ settings, allSettings }: LinkState, name: keyof LinkSettings): number {
  return Math.max(settings[name], allSettings?.[name] ?? 0);
}

/** Ensure sets the link's own, which lowers nothing that all links have. */
function finding(
  { linkName, settings, allSettings }: LinkState,
  name: keyof LinkSettings,
  [code, effect]: readonly [code: KernelFinding['code'], effect: string],
): KernelFinding {
  const [sysctl, wanted, own] = [settingNames[name], wantedSettings[name], settings[name]];
  const all = allSettings?.[name] ?? 0;
  const remedy =
    all > wanted
      ? `Set net.ipv4.conf.all.${sysctl} to 0 in this network namespace, for the greater of both counts; then find out what sets it.`
      : 'Call ensure again, which sets it; then find out what changes it.';
  return warning(
    code,
    all > own
      ? `${sysctl} of all links is ${all}, of ${linkName} ${own}`
      : `${sysctl} of ${linkName} is ${own}`,
    `${sysctl} ${wanted}`,
    `${remedy} Otherwise ${effect}`,
  );
}
