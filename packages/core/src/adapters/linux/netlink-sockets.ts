// What the datagrams need of netlink, by name: a bundler that follows the dynamic import of this file leaves out the rest of the package,
// which it cannot when the package itself is imported so.
export { encodeInetAddress, openSocket } from '@truetuple/netlink';
