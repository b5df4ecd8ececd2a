/** True where this machine stores the low byte first. rtnetlink speaks host order. */
export const hostIsLittleEndian: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
