import type { WireSabotage } from './wire-sabotage.ts';

/** What a sabotage makes of a SIP message on its way out; other datagrams, and other sabotages, change nothing. */
export function tamperMessage(bytes: Uint8Array, sabotage: WireSabotage): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  if (!/^(?:SIP\/2\.0 |[A-Z]+ sips?:)/.test(text)) return bytes;
  const tampered = tamperText(text, sabotage);
  return tampered === text ? bytes : Buffer.from(tampered, 'latin1');
}

function tamperText(text: string, sabotage: WireSabotage): string {
  switch (sabotage) {
    case 'wrong-contact':
      return text.replace(
        /^(Contact:[^\r\n]*?:)(\d+)(?=[>;\r])/im,
        (_all, head: string, port: string) => `${head}${Number(port) + 2}`,
      );
    case 'wrong-connection-address':
      // one digit for another: the length of the body stays what Content-Length says
      return text.replaceAll(
        /^(c=IN IP4 [\d.]*)(\d)(?=\r)/gm,
        (_all, head: string, digit: string) => `${head}${(Number(digit) + 8) % 10}`,
      );
    case 'wrong-rtp-source':
      return text;
    default:
      return sabotage satisfies never;
  }
}
