// Makes an ordinary Node of a single executable application (a program inside a Node): the application is
// switched off, and the room of its blob tells where the libraries lie. ELF of 64 bits, little endian (elf.h).
// Debian's patchelf (0.14.3) aborts on it; the environment's LD_LIBRARY_PATH would reach the programs of glibc that it starts.
import { StartError } from '../start/start-error.mjs';

/** Node asks at its start whether a 1 follows this (Node's manual: single executable applications). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';
/** The ELF note that holds the application. */
const noteName = 'NODE_SEA_BLOB\0';
const segmentTypes = Object.freeze({ load: 1, dynamic: 2, note: 4 });
const tags = Object.freeze({
  end: 0n,
  needed: 1n,
  strings: 5n,
  runPath: 29n,
  flags: 30n,
  moreFlags: 0x6ffffffbn, // DT_FLAGS_1
});

/**
 * @typedef {{ type: number, offset: number, address: number, length: number }} Segment
 * @typedef {{ at: number, tag: bigint, value: bigint }} DynamicEntry
 */

/**
 * The same program as a plain Node, which looks for its libraries in `runPath` first and loads one more. The entries
 * for both take the place of DT_FLAGS and DT_FLAGS_1: musl's loader reads neither.
 * @param {Uint8Array} application
 * @param {{ runPath: string, needed: string }} libraries
 * @returns {Buffer}
 * @throws {StartError} `NotAnApplication`
 */
export function makePlainNode(application, { runPath, needed }) {
  const plain = Buffer.from(application);
  const segments = readSegments(plain);
  const dynamic = readDynamic(plain, only(segments, segmentTypes.dynamic));
  const room = findBlob(plain, segments);
  blowFuse(plain);
  const texts = Buffer.from(`${runPath}\0${needed}\0`);
  if (texts.length > room.length) throw unexpected('its blob is smaller than what is to be there');
  texts.copy(plain, room.offset);
  const first = BigInt(room.address) - entry(dynamic, tags.strings).value;
  replace(plain, entry(dynamic, tags.flags), tags.runPath, first);
  const second = first + BigInt(Buffer.byteLength(runPath) + 1);
  replace(plain, entry(dynamic, tags.moreFlags), tags.needed, second);
  return plain;
}

/** @param {Buffer} file */
function blowFuse(file) {
  const at = file.indexOf(`${fuse}1`);
  if (at === -1) throw unexpected('it has no application that runs');
  file.write('0', at + fuse.length);
}

/**
 * @param {Buffer} file
 * @returns {Segment[]}
 */
function readSegments(file) {
  const isElf = file.length >= 64 && file.readUInt32BE(0) === 0x7f454c46;
  if (!isElf || file[4] !== 2 || file[5] !== 1)
    throw unexpected('it is no ELF of 64 bits, little endian');
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      length: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

/**
 * @param {readonly Segment[]} segments
 * @param {number} type
 * @returns {Segment}
 */
function only(segments, type) {
  const [found, ...more] = segments.filter((segment) => segment.type === type);
  if (found === undefined || more.length > 0)
    throw unexpected(`it has not one segment of type ${type}`);
  return found;
}

/**
 * @param {Buffer} file
 * @param {Segment} segment
 * @returns {DynamicEntry[]}
 */
function readDynamic(file, { offset, length }) {
  const entries = Array.from({ length: length / 16 }, (_, index) => {
    const at = offset + index * 16;
    return { at, tag: file.readBigUInt64LE(at), value: file.readBigUInt64LE(at + 8) };
  });
  return entries.slice(
    0,
    entries.findIndex(({ tag }) => tag === tags.end),
  );
}

/**
 * @param {readonly DynamicEntry[]} dynamic
 * @param {bigint} tag
 * @returns {DynamicEntry}
 */
function entry(dynamic, tag) {
  const found = dynamic.find((each) => each.tag === tag);
  if (found === undefined) throw unexpected(`it has no dynamic entry 0x${tag.toString(16)}`);
  return found;
}

/**
 * @param {Buffer} file
 * @param {DynamicEntry} entry
 * @param {bigint} tag
 * @param {bigint} value
 */
function replace(file, { at }, tag, value) {
  file.writeBigUInt64LE(tag, at);
  file.writeBigUInt64LE(value, at + 8);
}

/**
 * Where the application lies, in the file and in memory.
 * @param {Buffer} file
 * @param {readonly Segment[]} segments
 */
function findBlob(file, segments) {
  const notes = only(segments, segmentTypes.note);
  const at = file.indexOf(noteName, notes.offset);
  const load = segments.find(
    ({ type, offset, length }) =>
      type === segmentTypes.load && at >= offset && at < offset + length,
  );
  if (at === -1 || at >= notes.offset + notes.length || load === undefined)
    throw unexpected('it has no blob that is loaded with it');
  // Elf64_Nhdr and what follows: the name's length, the blob's length, type, name, padding to 4 bytes, blob
  const offset = at + Math.ceil(noteName.length / 4) * 4;
  return {
    offset,
    address: load.address + offset - load.offset,
    length: file.readUInt32LE(at - 8),
  };
}

/** @param {string} what */
function unexpected(what) {
  return new StartError({
    code: 'NotAnApplication',
    message: `making a plain Node of a single executable application: ${what}`,
    remedy: 'Use the version of the package that tools/musl names.',
  });
}
